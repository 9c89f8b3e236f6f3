"""The laws by number: the test of each, as listed in the page of laws, and a way to run it on other code."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "laws.md"
ROW = re.compile(r"^\| (?P<law>L\d+) \| `(?P<test>[^`]+)` \| (?P<mutants>[^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"(?P<file>.+)\.py::(?:(?P<group>\w+)::)?(?P<name>\w+)(?:\[(?P<case>.+)\])?")


class Law(NamedTuple):
    """A row of the table: number, test, and the planted bugs that it catches."""

    number: str
    test: str
    mutants: list[str]


class Property(NamedTuple):
    """One test of a law: its function, its fixed arguments, and the Hypothesis strategies of the others."""

    function: Callable[..., None]
    arguments: dict[str, Any]
    strategies: dict[str, Any]


def laws() -> list[Law]:
    """Parse the table of the page."""
    rows = ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return [Law(row["law"], row["test"], row["mutants"].split("; ")) for row in rows]


def cases_of(test: Any, name: str | None) -> Iterator[dict[str, Any]]:
    """Yield the arguments of a parametrized test: those of the case with this id, or of each case."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    if not marks:
        yield {}
    for mark in marks:
        argument, values = mark.args
        for value in values:
            case = value if hasattr(value, "values") else pytest.param(value)
            if name in (None, case.id):
                yield {argument: case.values[0]}


def properties(test: str) -> list[Property]:
    """Return what a test draws and checks; a test over all cases gives several."""
    found = TEST.fullmatch(test)
    assert found is not None
    function = getattr(import_module(found["file"].replace("/", ".")), found["name"])
    handle = function.hypothesis
    return [Property(handle.inner_test, case, handle._given_kwargs) for case in cases_of(function, found["case"])]


def fails(law: Property, examples: int) -> bool:
    """Return whether any of this many examples breaks a law; the same examples every time."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(**law.strategies)
    def tried(**drawn: Any) -> None:
        law.function(**law.arguments, **drawn)

    try:
        tried()
    except (AssertionError, pytest.fail.Exception):
        return True
    return False

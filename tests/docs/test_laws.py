"""The page of the laws is complete: their numbers, their tests, and the planted bugs that each of them catches."""

import json
import re
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.properties.test_laws_and_mutants import MUTANTS
from tests.support import warm
from tests.support.law_collection import MARK
from tests.support.law_table import PAGE, Law, laws
from tests.support.laws import LAWS

COLLECT = f"""
import os, sys, pytest
os.environ.pop("ROBUSTOP_EXAMPLES", None)
os.chdir({str(ROOT)!r})
sys.exit(pytest.main(["--collect-only", "-q", "-p", "tests.support.law_collection", *sys.argv[1:]]))
"""
LEAST_LAWS, LEAST_EXAMPLES = 38, 100
TABLE = laws()
Collected = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def collected() -> Collected:
    """Return how many examples each test of the page has in `make test`, and its docstring."""
    printed = warm.run_code(COLLECT, *dict.fromkeys(law.test for law in TABLE))
    lines = [line.removeprefix(MARK) for line in printed.splitlines() if line.startswith(MARK)]
    return {node: (examples, words) for node, examples, words in map(json.loads, lines)}


def test_laws_are_numbered_without_a_gap(tell: Callable[[str], None]) -> None:
    """The sentences and the table both count from L1 on, and there are as many as were promised."""
    page = PAGE.read_text(encoding="utf-8")
    expected = [f"L{number}" for number in range(1, len(TABLE) + 1)]
    assert [law.number for law in TABLE] == re.findall(r"^- \*\*(L\d+)\*\* \w", page, re.MULTILINE) == expected
    assert len(TABLE) >= LEAST_LAWS
    assert f"{len(TABLE)} laws" in page
    tell(f"{len(TABLE)} laws")


def test_every_test_is_there_with_enough_examples(collected: Collected, tell: Callable[[str], None]) -> None:
    """Each test of the table can be collected and is tried with at least a hundred examples in every run."""
    counts = [
        examples
        for law in TABLE
        for node, (examples, _) in collected.items()
        if node == law.test or node.startswith(f"{law.test}[")
    ]
    assert len(counts) >= len(TABLE)
    assert min(counts) >= LEAST_EXAMPLES
    tell(f"{len(TABLE)} laws, {min(counts)} to {max(counts)} examples each")


@pytest.mark.parametrize("law", TABLE, ids=lambda law: law.number)
def test_a_test_carries_the_number_of_its_law(law: Law, collected: Collected) -> None:
    """The number begins the docstring of the test, or the name of its case."""
    number, test, _ = law
    words = [words for node, (_, words) in collected.items() if node == test or node.startswith(f"{test}[")]
    assert words
    case = test.partition("[")[2].rstrip("]")
    if case:
        assert case.split("-")[0] == number
    else:
        assert all(one.startswith(f"{number}: ") for one in words)


@pytest.mark.parametrize("law", TABLE, ids=lambda law: law.number)
def test_the_table_names_the_planted_bugs(law: Law) -> None:
    """The bugs beside a law are those that are planted for it, at least one."""
    number, _, mutants = law
    assert mutants == [name for name, (killers, _) in MUTANTS.items() if number in killers.split()]
    assert mutants


@pytest.mark.parametrize("number", LAWS)
def test_a_law_of_lives_begins_with_its_number(number: str) -> None:
    """The functions behind the one suite of all engines carry their numbers as well."""
    assert (LAWS[number].__doc__ or "").startswith(f"{number}: ")
    assert LAWS[number].__name__.startswith(f"{number.lower()}_")


def test_every_killer_is_a_law_or_a_check() -> None:
    """No planted bug names a law that does not exist."""
    named = {killer for killers, _ in MUTANTS.values() for killer in killers.split()}
    assert named - {"answers", "oracle"} == {law.number for law in TABLE}

"""The report of `make mutation`, and its list of explained survivors."""

import tomllib
from pathlib import Path

import pytest

import robustop_plugin
from tests.support import mutation_report
from tests.support.mutation_report import Change

DIFF = """\
# robustop_plugin.core.side.x_better__mutmut_5: survived
--- robustop_plugin/core/side.py
+++ robustop_plugin/core/side.py
@@ -1,3 +1,3 @@
 def better(side: int, first: float, second: float) -> float:
-    return first if side * (first - second) > 0 else second
+    return first if side * (first - second) >= 0 else second
"""
BETTER = Change(
    "better",
    "return first if side * (first - second) > 0 else second",
    "return first if side * (first - second) >= 0 else second",
)
METHOD = "robustop_plugin.core.errors.xǁInvalidFactǁ__init____mutmut_1"
FUNCTION = "robustop_plugin.core.side.x_better__mutmut_5"
EXPLAINED = mutation_report.explanations(mutation_report.LIST.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("mutant", "file", "function"),
    [
        (FUNCTION, "robustop_plugin/core/side.py", "better"),
        (METHOD, "robustop_plugin/core/errors.py", "InvalidFact.__init__"),
        ("robustop_plugin.core.trade_state.x__level__mutmut_12", "robustop_plugin/core/trade_state.py", "_level"),
    ],
)
def test_a_mutant_is_named_after_its_file_and_function(mutant: str, file: str, function: str) -> None:
    """The names that mutmut makes are read back."""
    assert (mutation_report.file_of(mutant), mutation_report.function_of(mutant)) == (file, function)


def test_a_mutant_is_known_by_what_it_changes() -> None:
    """The lines of a diff are the change, without header and indentation."""
    assert mutation_report.change_of(FUNCTION, DIFF.splitlines()) == BETTER


@pytest.mark.parametrize("change", [BETTER, Change("f", "a = 'x' + \"y\"", "a = 'x' - \"y\"")])
def test_a_change_is_written_as_the_list_has_it(change: Change) -> None:
    """What the report prints can be added to the list unchanged."""
    assert mutation_report.explanations(str(change)) == {change: ""}


@pytest.mark.parametrize(
    ("killed", "listed", "status"),
    [
        (9, str(BETTER), 0),
        (8, str(BETTER), 1),  # 8 of 9 are less than nine tenths
        (9, "", 1),
        (99, "", 1),
    ],
)
def test_the_status_says_whether_all_is_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, killed: int, listed: str, status: int
) -> None:
    """Nine tenths are killed and each survivor explained, or the status is 1."""
    names = [f"robustop_plugin.core.side.x_signed__mutmut_{number}" for number in range(killed)]
    found = [f"    {name}: {result}" for name, result in zip(names, ["killed", "timeout"] * killed, strict=False)]
    printed = {"results": [*found, f"    {FUNCTION}: survived"], "show": DIFF.splitlines()}
    monkeypatch.setattr(mutation_report, "mutmut", lambda command, *_: printed[command])
    monkeypatch.setattr(mutation_report, "LIST", tmp_path / "survivors.toml")
    mutation_report.LIST.write_text(listed, encoding="utf-8")
    assert mutation_report.main() == status


def test_a_mutant_without_a_result_is_no_success() -> None:
    """Mutants of an interrupted run and of code without tests count as survivors."""
    assert mutation_report.score(["killed", "not checked", "no tests", "survived"]) == 0.25


def test_every_explanation_is_about_code_that_is_there() -> None:
    """Each explained survivor has a reason, and its line exists in its function."""
    package = Path(robustop_plugin.__file__).parent
    texts = [" ".join(path.read_text(encoding="utf-8").split()) for path in package.rglob("*.py")]
    for change, why in EXPLAINED.items():
        name = change.function.rpartition(".")[2]
        assert why, change
        assert any(f"def {name}(" in text and change.line in text for text in texts), change


def test_the_list_has_only_what_an_explanation_needs() -> None:
    """No entry of the list has a key that the report would overlook."""
    entries = tomllib.loads(mutation_report.LIST.read_text(encoding="utf-8"))
    assert entries.keys() <= {"survivors"}
    assert all(entry.keys() == {"function", "line", "becomes", "why"} for entry in entries.get("survivors", []))

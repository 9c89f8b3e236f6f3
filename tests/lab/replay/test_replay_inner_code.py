"""Functions that only compiled functions call: compiled without machine code of their own, with the same results."""

from pathlib import Path

import pytest

from robustop_plugin.core import exact, grid, side, whole_numbers
from robustop_plugin.lab.replay.compiler import compiled

pytest.importorskip("numba")

MODULES = (exact, whole_numbers, side, grid)
ENTRIES = frozenset({grid.round_towards_market, grid.ticks_between})
CENTS = grid.Grid(1.0, 100.0)


@pytest.mark.parametrize(("direction", "price"), [(1, 102.67), (-1, 102.66)])
def test_results_are_the_same(direction: int, price: float) -> None:
    """An entry that calls functions without machine code rounds as in the interpreter."""
    found = compiled(MODULES, entries=ENTRIES)[grid.round_towards_market]
    assert found(direction, exact.Exact(10266.5, 0.0), CENTS) == price


def test_a_function_between_two_ticks_is_exact() -> None:
    """Inner functions several calls deep calculate to the last digit: a tenth of a cent is a tenth of a tick."""
    found = compiled(MODULES, entries=ENTRIES)[grid.ticks_between]
    assert found(0.301, 0.3, CENTS)[0] == 0.1


def test_only_entries_can_be_called_and_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gets the entries alone, and theirs is the only machine code on disk."""
    monkeypatch.setenv("ROBUSTOP_CACHE", str(tmp_path))
    found = compiled(MODULES, kept=True, entries=ENTRIES)
    assert found.keys() == ENTRIES
    found[grid.round_towards_market](1, exact.Exact(10266.5, 0.0), CENTS)
    assert {file.name.split("-")[0] for file in tmp_path.rglob("*.nbc")} == {"grid.round_towards_market"}

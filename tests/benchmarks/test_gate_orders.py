"""The gate's benchmark against a path that is counted by hand."""

import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
MINUTES = 480 + 3 * 1440 + 1
"""One trade: it begins after eight hours, and is followed for three days."""


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module, which belongs to the scripts and to no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("gate")


def written(folder: Path, after: list[tuple[float, float, float, float]]) -> None:
    """Write candles of a minute: a range of 1 around 100, then from the entry on the given ones, then still ones."""
    rows = [(100.0, 100.5, 99.5, 100.0)] * 480 + after
    rows += [(rows[-1][3],) * 4] * (MINUTES - len(rows))
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
    frame.insert(0, "date", pd.date_range("2024-01-01", periods=MINUTES, freq="min", tz="UTC"))
    frame["volume"] = 1.0
    # The grid of prices and lots is read from the file.
    frame.loc[0, ["low", "volume"]] = 99.49, 1.01
    frame.to_feather(folder / "HAND_USDT-1m.feather")


def test_orders_are_counted_by_hand(gate: Any, tmp_path: Path) -> None:
    """Four new highs are four orders, or two behind the gate; both leave at the same price.

    A trail of 0.5 % follows 102 (seen after 15 s), 102.15 (30 s), 102.2 (60 s) and 102.3 (90 s). From the initial stop
    near 98, the first order gains more than 1 %. After 75 s, a minute later, the trail is 0.196 % better: that is the
    second. The third would gain 0.098 %, which is too little. The fall to 101 ends the trade.
    """
    path = [
        (100.0, 102.15, 102.0, 102.15),
        (102.2, 102.3, 102.2, 102.3),
        (102.3, 102.3, 101.0, 101.0),
    ]
    written(tmp_path, path)
    found = gate.measure_gate(tmp_path)["HAND/USDT"]["smart_trail"]
    assert (found["trades"], found["other_exits"]) == (1, 0)
    assert found["each_best"] == 4
    assert found["gated"] == 2
    assert found["ratio"] == pytest.approx(0.5)
    assert found["emergencies"] == pytest.approx(1 / 4)


def test_without_candles_nothing_is_counted(gate: Any, tmp_path: Path) -> None:
    """The part is empty on a folder without 1m candles, and then no exit has changed."""
    assert gate.measure_gate(tmp_path) == {}
    assert gate.exits_are_equal({})

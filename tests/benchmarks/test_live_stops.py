"""The benchmark of stops on the exchange counts what it says; durations are not asserted."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
MOVED = {"first_ms": 30.0, "first_cpu_ms": 12.0, "update_ms": 8.0, "update_cpu_ms": 4.0}
OTHER = {"first_ms": 20.5, "first_cpu_ms": 9.0, "update_ms": 9.0, "update_cpu_ms": 3.5}
OF_MARKET = {"robustop": MOVED, "plain": OTHER, "same_stops": True}


def module(name: str) -> Any:
    """Return a module of the scripts, which belong to no package."""
    return importlib.import_module(name)


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("INSERT INTO trade_custom_data (id) VALUES (?)", "trade_custom_data"),
        ('UPDATE "trades" SET stop_loss=?', "trades"),
        ("DELETE FROM robustop_requests", "robustop_requests"),
        ("SELECT trades.id FROM trades", None),
        ("PRAGMA main.table_info(trades)", None),
        ("", None),
    ],
)
def test_a_write_is_known_by_its_table(statement: str, table: str | None) -> None:
    """Statements that only read count for nobody."""
    assert module("bot_counters").table_written(statement) == table


def test_a_stop_order_is_timed_from_the_call_before() -> None:
    """From the entry to the first order, and from each cancel to the next order."""
    calls = [
        ("create_order", 1.0),
        ("create_stoploss", 1.25),
        ("cancel_stoploss_order_with_result", 3.0),
        ("create_stoploss", 3.5),
    ]
    assert module("unprotected").times_to_stops(calls) == [250.0, 500.0]


def test_the_headline_is_what_robustop_adds() -> None:
    """Differences to Freqtrade's own bot, by the clock and in CPU time; less is negative."""
    assert module("unprotected").unprotected_headlines({"spot": OF_MARKET}) == {
        "first_stop_later_ms_spot": 9.5,
        "first_stop_later_cpu_ms_spot": 3.0,
        "stop_update_longer_ms_spot": -1.0,
        "stop_update_longer_cpu_ms_spot": 0.5,
    }


def test_other_stops_make_times_incomparable() -> None:
    """One market with other stops is enough, and no market at all."""
    has_same_stops = module("unprotected").has_same_stops
    assert has_same_stops({"spot": OF_MARKET, "futures": OF_MARKET})
    assert not has_same_stops({"spot": OF_MARKET, "futures": {**OF_MARKET, "same_stops": False}})
    assert not has_same_stops({})


def test_figures_are_replaced_and_others_kept(tmp_path: Path) -> None:
    """The parts are merged into a file, each with its commit; what was measured before stays."""
    file = tmp_path / "latest.json"
    file.write_text(json.dumps({"commit": "abc", "live": {"loops": 30}, "gate": {"old": 1}}), encoding="utf-8")
    module("live_stops").keep(file, {"gate_hand_span_XRP/USDT": 0.5}, {"gate": {"XRP/USDT": {}}})
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert (kept["commit"], kept["live"]) == ("abc", {"loops": 30})
    assert (kept["gate"], kept["gate_hand_span_XRP/USDT"]) == ({"XRP/USDT": {}}, 0.5)
    assert set(kept["measured_apart"]) == {"gate"}
    assert {"commit", "cores", "load_average"} <= set(kept["measured_apart"]["gate"])


def test_the_whole_benchmark_keeps_what_is_measured_apart(tmp_path: Path) -> None:
    """Figures of the parts that it leaves out stay, with their headlines; those that it measures do not."""
    file, unprotected = tmp_path / "latest.json", {"spot": OF_MARKET}
    old = {"live": {}, "unprotected": unprotected, "gate": {}, "measured_apart": {"unprotected": {"cores": 2}}}
    file.write_text(json.dumps(old), encoding="utf-8")
    kept = module("bench").kept_apart(file, ["live", "gate"])
    assert set(kept) == {*module("unprotected").unprotected_headlines(unprotected), "unprotected", "measured_apart"}
    assert (kept["unprotected"], kept["measured_apart"]) == (unprotected, {"unprotected": {"cores": 2}})
    assert module("bench").kept_apart(tmp_path / "none.json", []) == {}


def test_two_bots_hold_their_positions_in_a_still_market(tmp_path: Path) -> None:
    """Real bots: while no price moves, robustop writes nothing, and both commit as often."""
    found = module("many_stops").measure_many_stops(tmp_path, positions=2, loops=1)
    assert found["complete"] is True
    ours, theirs = found["still"]["robustop"], found["still"]["plain"]
    assert (ours["own_writes"], ours["own_commits"]) == (0, 0)
    assert ours["commits"] == theirs["commits"] > 0
    assert ours["writes"] == theirs["writes"] == found["positions"]
    assert found["rising"]["robustop"]["own_writes"] + found["decisions"] > 0
    assert list(tmp_path.iterdir()) == []

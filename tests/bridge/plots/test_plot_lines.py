"""Columns, rungs and annotations of hand-made paths, on candles of five minutes."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from freqtrade.ft_types.plot_annotation_type import AnnotationTypeTA
from pandas import DataFrame, date_range

from robustop_plugin.audit.stop_path import Step, StopPath
from robustop_plugin.bridge.plots.annotations import annotations
from robustop_plugin.bridge.plots.areas import add_areas
from robustop_plugin.bridge.plots.columns import add_columns, opening_times
from robustop_plugin.bridge.plots.rungs import next_price, rungs_of
from robustop_plugin.settings import load_settings

START = datetime(2025, 1, 1, tzinfo=UTC)
SECONDS = 300
NONE = math.nan


def frame(count: int = 8) -> DataFrame:
    """Return candles that all close at 50."""
    dates = date_range(START, periods=count, freq="5min")
    return DataFrame({"date": dates, "close": 50.0})


def at(candle: float) -> float:
    """Return a moment, in candles from the first."""
    return START.timestamp() + candle * SECONDS


def path(*steps: tuple[float, float], closed: float | None = None, side: int = 1, **over: Any) -> StopPath:
    """Return a trade opened at 100 with an initial stop 2 away; steps are candles and stops."""
    made = [Step(at(candle), stop, 100.0, over.get("best", 100.0)) for candle, stop in steps]
    end = None if closed is None else at(closed)
    name = f"1:{made[0].time}"
    return StopPath(name, 1, "HAND/USDT", side, 100.0 - 2 * side, over.get("shadow"), made, end)


def column(name: str, *paths: StopPath, rungs: tuple[Any, ...] = ()) -> list[float]:
    """Return a column of eight candles."""
    candles = frame()
    add_columns(candles, paths, rungs, SECONDS)
    return list(candles[f"robustop_{name}"])


def same(found: list[float], expected: list[float]) -> bool:
    """Return True if both hold the same numbers; NaN is a number here."""
    return np.array_equal(np.array(found), np.array(expected), equal_nan=True)


def test_a_candle_has_the_stop_of_its_end() -> None:
    """A trade from candle 1 to 4 whose stop moves twice in candle 3: the last move counts, from that candle on."""
    stops = column("stop", path((1.5, 98.0), (3.0, 99.0), (3.9, 101.0), closed=4.2))
    assert same(stops, [NONE, 98.0, 98.0, 101.0, 101.0, NONE, NONE, NONE])


@pytest.mark.parametrize(
    ("steps", "closed", "expected"),
    [
        ([(-9.0, 98.0), (-4.0, 99.0), (2.0, 101.0)], 2.5, [99.0, 99.0, 101.0] + [NONE] * 5),
        ([(6.0, 98.0)], None, [NONE] * 6 + [98.0] * 2),
        ([(7.0, 98.0), (8.5, 99.0)], None, [NONE] * 7 + [99.0]),
        ([(8.5, 98.0)], None, [NONE] * 7 + [98.0]),
        ([(9.0, 98.0)], None, [NONE] * 8),
        ([(-9.0, 98.0)], -0.5, [NONE] * 8),
        ([(3.1, 98.0)], 3.2, [NONE] * 3 + [98.0] + [NONE] * 4),
    ],
    ids=["began before", "open", "now moves", "just opened", "after the chart", "before the chart", "one candle"],
)
def test_where_a_path_lies(steps: list[tuple[float, float]], closed: float | None, expected: list[float]) -> None:
    """A bot's chart ends with the last closed candle, and shows what holds in the one that is open."""
    assert same(column("stop", path(*steps, closed=closed)), expected)


def test_two_trades_in_a_row_are_not_connected() -> None:
    """The last candle of the first trade is left out, as a line would lead from its stop to the next one's."""
    trades = path((1.0, 98.0), closed=3.0), path((4.0, 97.0), closed=5.0)
    assert same(column("stop", *trades), [NONE, 98.0, 98.0, NONE, 97.0, 97.0, NONE, NONE])
    trades = path((1.0, 98.0), closed=4.2), path((4.4, 97.0), closed=5.0)
    assert same(column("stop", *trades), [NONE, 98.0, 98.0, NONE, 97.0, 97.0, NONE, NONE])


def test_areas_lie_between_entry_and_stop() -> None:
    """At risk until the stop has passed the entry, then locked in; for a short the other way; else on the close."""
    for side in (1, -1):
        candles = frame(4)
        trade = path((1.0, 100.0 - 2 * side), (2.0, 100.0 + side), closed=2.0, side=side)
        add_columns(candles, [trade], (), SECONDS)
        add_areas(candles)
        assert list(candles["robustop_area_from"]) == [50.0, 100.0, 100.0, 50.0]
        assert list(candles["robustop_area_risk"]) == [50.0, 100.0 - 2 * side, 100.0, 50.0]
        assert list(candles["robustop_area_locked"]) == [50.0, 100.0, 100.0 + side, 50.0]


def rung_texts(**block: Any) -> list[str]:
    """Return the texts of a block's rungs."""
    return [rung.text for rung in rungs_of(load_settings(block).default, "HAND/USDT")]


def test_rungs_are_where_the_settings_do_something() -> None:
    """Partial exits, ladders, spans and a bracket have rungs; trails that follow the price or the ATR have none."""
    trail = {"name": "smart_trail"}
    assert rung_texts(engines=[trail, {"name": "atr_guard"}]) == []
    assert rung_texts(engines=[trail], partials=True) == ["2R: sell 50%", "3R: sell 25%", "4R: sell rest"]
    assert rung_texts(engines=[{"name": "hand_span"}])[:3] == ["1R: breakeven", "2R: lock 1R", "3R: lock 2R"]
    assert rung_texts(engines=[{"name": "hand_span", "adaptive": {}}]) == []
    ladder = {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [1.5, 0.5]]}
    assert rung_texts(engines=[ladder], partials=[[1.5, 0.5]]) == ["1R: breakeven", "1.5R: sell 50%, trail 0.5R"]
    bracket = {"name": "bracket", "pair_ratios": {"HAND/USDT": 9.0}}
    assert rung_texts(engines=[bracket]) == ["3R: take profit"]
    assert rung_texts(engines=[{**bracket, "strategy": "volatility"}]) == []


@pytest.mark.parametrize(("side", "best", "price"), [(1, 101.9, 102), (1, 102.0, 104), (-1, 97.9, 96), (1, 200, NONE)])
def test_the_next_rung(side: int, best: float, price: float) -> None:
    """R is 2; a rung is reached at its price."""
    rungs = rungs_of(load_settings({"engines": [{"name": "hand_span"}]}).default, "HAND/USDT")
    trade = path((1.0, 98.0), side=side, best=best)
    assert next_price(trade, trade.steps[0], rungs) == pytest.approx(price, nan_ok=True)


def test_annotations_are_what_freqtrade_accepts() -> None:
    """A short's box of risk is above its entry, the locked-in one below; a shadow's stop is dashed and named."""
    trade = path((1.0, 102.0), (3.0, 98.0), closed=4.0, side=-1)
    shadow = path((1.5, 102.0), shadow="engines", side=-1)
    drawn = annotations([trade, shadow], (), opening_times(frame()), SECONDS)
    for note in drawn:
        AnnotationTypeTA.validate_python(note, extra="forbid")
    boxes = [(note["label"], note["y_start"], note["y_end"]) for note in drawn if note["type"] == "area"]
    assert boxes == [("1R = 2.00%", 100, 102), ("+1.00R locked in", 100, 98), ("in shadow: 1R = 2.00%", 100, 102)]
    assert [note["line_style"] for note in drawn if note.get("width") == 2] == ["solid", "solid", "dashed"]
    times = [(note["start"], note["end"]) for note in drawn if note["type"] == "area"]
    places = [(1, 3), (3, 5), (1, 8)]
    assert times == [tuple(datetime.fromtimestamp(at(place), UTC) for place in pair) for pair in places]


def test_a_second_list_of_engines_draws_its_stop_alone() -> None:
    """The columns, the box and the entry are those of the stop in force, whichever comes first."""
    real, second = path((1.0, 98.0), closed=3.0), path((1.0, 97.0), closed=4.0, shadow="shadow.engines")
    for paths in ((real, second), (second, real)):
        assert same(column("stop", *paths), [NONE] + [98.0] * 3 + [NONE] * 4)
        drawn = annotations(paths, (), opening_times(frame()), SECONDS)
        assert [note["y_end"] for note in drawn if note["type"] == "area"] == [98.0]
        stops = {(note["y_start"], note["line_style"]) for note in drawn if note.get("width") == 2}
        assert stops == {(98.0, "solid"), (97.0, "dashed")}
    main = path((1.0, 96.0), closed=2.0, shadow="engines")
    assert same(column("stop", second, main), [NONE] + [96.0] * 2 + [NONE] * 5)

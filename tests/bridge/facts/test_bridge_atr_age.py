"""The age of an ATR: after three periods without a good candle it counts as missing."""

import math
from datetime import timedelta
from typing import Any

import pytest
from pandas import DataFrame, Series

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from tests.support.bad_candles import LENGTH, LIMIT, PERIOD, drawn, spoiled, with_columns
from tests.support.hand_candles import PAIR, START, STEP, TWO_PERCENT, Candle, Hand
from tests.support.host import Host, Played

GUARD = {
    "partials": [],
    "breakeven": {"mode": "percent"},
    "initial_stop": TWO_PERCENT,
    "engines": [{"name": "atr_guard"}],
}
OLDEST = 3 * 14
CALM: Candle = (100.0, 100.5, 99.5, 100.0)
RISE: Candle = (100.5, 103.0, 100.4, 102.9)
AFTER: Candle = (102.9, 103.0, 102.5, 102.9)


def risen_at(host: Host, candle: int, known: float = 1.0) -> Played:
    """Return a trade whose last known ATR is that of the candle before its entry, and that gains 3 at a candle."""
    candles = [CALM] * candle + [RISE] + [AFTER] * 3
    return host.play(Hand, candles, robustop=GUARD, columns={"robustop_atr": [known] + [math.nan] * len(candles)})


@pytest.mark.parametrize(
    ("candle", "moves"),
    [
        (OLDEST - 1, [("breakeven", 100.0), ("trail", 101.0)]),
        (OLDEST, [("breakeven", 100.0)]),
        (OLDEST + 1, []),
    ],
)
def test_a_trade_forgets_an_atr_older_than_three_periods(
    host: Host, candle: int, moves: list[tuple[str, float]]
) -> None:
    """A gain of 3 exceeds two ATR of 1, known for 42 candles; after that the stop in force stays."""
    played = risen_at(host, candle)
    assert [(record["rule"], record["new_stop"]) for record in played.of("move")] == moves
    assert played.trade.stop_loss == (moves[-1][1] if moves else 98.0)


class Provider:
    """A data provider with one data frame."""

    def __init__(self, frame: DataFrame) -> None:
        """Store the data frame."""
        self.frame = frame

    def get_analyzed_dataframe(self, pair: str, timeframe: str) -> tuple[DataFrame, Any]:
        """Return the data frame for any pair."""
        return self.frame, START


@pytest.mark.parametrize(("missed", "lost"), [(0, False), (LIMIT, False), (LIMIT + 1, True), (500, True)])
def test_the_atr_of_a_bot_whose_candles_stopped_coming(missed: int, lost: bool) -> None:
    """An ATR ages with the clock: after three periods without a new candle it counts as missing."""
    frame = with_columns(drawn(9))
    now = (frame["date"].iloc[-1] + STEP * (1 + missed) + timedelta(seconds=30)).timestamp()
    assert AnalyzedCandles(Provider(frame), "5m", live=True).has_lost_atr(PAIR, PERIOD, now) is lost
    assert AnalyzedCandles(Provider(frame), "5m").has_lost_atr(PAIR, PERIOD, now) is False


@pytest.mark.parametrize(("bad", "missed", "lost"), [(10, 5, False), (10, 6, True), (16, 0, True)])
def test_both_ages_of_an_atr_add_up(bad: int, missed: int, lost: bool) -> None:
    """Ten bad candles and six missing ones are sixteen: more than three periods of five."""
    frame = with_columns(spoiled(drawn(9), range(LENGTH - bad, LENGTH)))
    now = (frame["date"].iloc[-1] + STEP * (1 + missed)).timestamp()
    assert AnalyzedCandles(Provider(frame), "5m", live=True).has_lost_atr(PAIR, PERIOD, now) is lost


def test_few_candles_do_not_tell_the_age() -> None:
    """A bot that just started has an ATR from before, and too few candles to tell its age."""
    frame = drawn(9, LIMIT).assign(robustop_atr=Series(math.nan, range(LIMIT)))
    now = (frame["date"].iloc[-1] + STEP).timestamp()
    assert AnalyzedCandles(Provider(frame), "5m", live=True).has_lost_atr(PAIR, PERIOD, now) is False


def test_an_atr_that_is_too_old_is_not_read() -> None:
    """A bot reads the ATR of its last candle until it is too old; a backtest always reads it."""
    frame = with_columns(drawn(9))
    last, newest = frame["robustop_atr"].iloc[-1], frame["date"].iloc[-1].to_pydatetime()
    in_time, too_late = ((newest + STEP * (1 + missed)).timestamp() for missed in (LIMIT, LIMIT + 1))
    bot, backtest = AnalyzedCandles(Provider(frame), "5m", live=True), AnalyzedCandles(Provider(frame), "5m")
    assert (bot.atr_at(PAIR, PERIOD, in_time), bot.atr_at(PAIR, PERIOD, too_late)) == (last, None)
    assert backtest.atr_at(PAIR, PERIOD, too_late) == last

"""Candles with impossible prices: their effect on the stop columns."""

import logging
import math
from itertools import pairwise

import pytest
import talib
from pandas import DataFrame

from robustop_plugin.bridge.facts.bad_candles import BadCandleLog
from robustop_plugin.bridge.facts.indicators import add_columns
from robustop_plugin.settings import load_settings
from tests.support.bad_candles import EVERYTHING, LENGTH, LIMIT, PERIOD, PRICES, drawn, spoiled, with_columns
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host

BAD: list[tuple[str, float]] = [
    ("open", math.nan),
    ("high", math.nan),
    ("low", math.nan),
    ("close", math.nan),
    ("low", 0.0),
    ("close", 0.0),
    ("low", -3.0),
    ("high", math.inf),
    ("open", -math.inf),
]
VOLATILITY = {**EVERYTHING, "engines": [{"name": "bracket", "strategy": "volatility"}]}


def wilder(candles: DataFrame) -> list[float]:
    """Return the ATR by its definition: the mean of the first true ranges, then Wilder's smoothing."""
    rows, ranges, atr = list(candles[PRICES].itertuples(index=False)), [], [math.nan]
    for before, row in pairwise(rows):
        ranges.append(max(row.high, before.close) - min(row.low, before.close))
        if len(ranges) < PERIOD:
            atr.append(math.nan)
        elif len(ranges) == PERIOD:
            atr.append(sum(ranges) / PERIOD)
        else:
            atr.append((atr[-1] * (PERIOD - 1) + ranges[-1]) / PERIOD)
    return atr


@pytest.mark.parametrize(("column", "value"), BAD)
@pytest.mark.parametrize("row", [0, 3, PERIOD, 60, LENGTH - 2])
def test_one_bad_candle_is_left_out_of_the_atr(row: int, column: str, value: float) -> None:
    """The ATR continues as if the candle had not been sent, including the price move over the gap."""
    frame = drawn(row)
    atr = with_columns(spoiled(frame, [row], column, value))["robustop_atr"]
    expected = wilder(frame.drop(index=row))
    assert list(atr.drop(index=row)) == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_a_bad_candle_has_the_values_of_the_one_before() -> None:
    """A bad candle gets the last good ATR, mean, market condition and swing, but no momentum."""
    for block in (EVERYTHING, VOLATILITY):
        computed = with_columns(spoiled(drawn(1), [60]), block).filter(like="robustop_")
        assert (
            computed.loc[60]
            .drop("robustop_momentum", errors="ignore")
            .equals(computed.loc[59].drop("robustop_momentum", errors="ignore").rename(60))
        )
        assert math.isnan(computed.loc[60].get("robustop_momentum", math.nan))
        assert computed.drop(columns="robustop_momentum", errors="ignore").loc[60:].notna().to_numpy().all()


def test_no_other_column_is_lost_either() -> None:
    """Momentum, swing and market condition are those of the candles without the bad one; also a swing of 30 candles."""
    frame = drawn(2)
    computed = with_columns(spoiled(frame, [60], "low", 0.0)).drop(index=60)
    expected = with_columns(frame.drop(index=60).reset_index(drop=True))
    for name in expected.filter(like="robustop_"):
        assert list(computed[name]) == pytest.approx(list(expected[name]), nan_ok=True)
    assert computed["robustop_swing_low"].loc[61] == min(frame["low"].loc[31:61].drop(index=60))


@pytest.mark.parametrize("seed", range(3))
def test_good_candles_are_the_business_of_talib_alone(seed: int) -> None:
    """Without a bad candle, and before the first one, every digit equals TA-Lib's."""
    frame = drawn(seed)
    expected = talib.ATR(frame["high"], frame["low"], frame["close"], timeperiod=PERIOD)
    assert with_columns(frame)["robustop_atr"].equals(expected.rename("robustop_atr"))
    assert with_columns(spoiled(frame, [80]))["robustop_atr"].loc[:79].equals(expected.loc[:79].rename("robustop_atr"))


@pytest.mark.parametrize("gap", [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 20])
def test_an_atr_older_than_three_periods_is_missing(gap: int) -> None:
    """In a run of bad candles the ATR stays known for three periods; a longer run ends it, and it is seeded again."""
    frame = drawn(4)
    bad = range(40, 40 + gap)
    atr = with_columns(spoiled(frame, bad))["robustop_atr"]
    assert set(atr.loc[40 : 39 + min(gap, LIMIT)]) == {atr.loc[39]}
    assert atr.loc[40 + LIMIT : 39 + gap].isna().all()
    behind = frame.loc[40 + gap :]
    expected = wilder(frame.drop(index=list(bad)))[40:] if gap <= LIMIT else wilder(behind)
    assert list(atr.loc[behind.index]) == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_nothing_but_bad_candles_is_no_error() -> None:
    """The columns exist, without values."""
    computed = with_columns(spoiled(drawn(5), range(LENGTH))).filter(like="robustop_")
    assert len(computed.columns) == 5
    assert computed.isna().to_numpy().all()


def test_bad_candles_bring_no_look_ahead() -> None:
    """Each value is the same if later candles are missing."""
    frame = spoiled(drawn(6), [20, 21, 50, *range(70, 71 + LIMIT)])
    whole = with_columns(frame).filter(like="robustop_")
    for count in range(30, LENGTH):
        last = with_columns(frame.iloc[:count]).filter(like="robustop_").iloc[-1]
        assert last.to_dict() == pytest.approx(whole.iloc[count - 1].to_dict(), nan_ok=True)


def test_bad_candles_are_reported_once_for_each_pair(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """The log names pair, number and time once, and again only after good candles in between."""
    strategy, bad = host.load(Hand), spoiled(drawn(7), [60, 70])

    def reports(frame: DataFrame, pair: str) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            strategy.advise_indicators(frame.assign(signal=0), {"pair": pair})
        return [record.message for record in caplog.records if "not finite and positive" in record.message]

    (line,) = reports(bad, PAIR)
    assert f"{PAIR} has 2 of {LENGTH} candles" in line
    assert str(at(70)) in line
    assert reports(bad, PAIR) == []
    assert len(reports(bad, "OTHER/USDT")) == 1
    assert reports(drawn(7), PAIR) == []
    assert len(reports(bad, PAIR)) == 1


def test_the_log_needs_no_dates(caplog: pytest.LogCaptureFixture) -> None:
    """Candles without a date are still reported."""
    frame = spoiled(drawn(8), [3]).drop(columns="date")
    add_columns(frame, load_settings(EVERYTHING).default, PAIR, BadCandleLog())
    assert "an unknown time" in caplog.text

"""The stop columns against hand-computed values, on closed candles only, and their effect in a backtest."""

import math
from typing import Any

import pytest
from pandas import DataFrame

from robustop_plugin.bridge.facts.indicators import add_columns, startup_candles
from robustop_plugin.settings import load_settings
from tests.support.hand_candles import TWO_PERCENT, Candle, Hand, at
from tests.support.host import Host

NAN = math.nan
TRENDING, RANGING, VOLATILE = 1, 2, 3


def flat(ranges: list[float]) -> list[Candle]:
    """Return candles around 100 with these ranges, which are their true ranges."""
    return [(100.0, 100 + size / 2, 100 - size / 2, 100.0) for size in ranges]


def columns_of(candles: list[Candle], engine: dict[str, Any], market: dict[str, Any] | None = None) -> DataFrame:
    """Return the data frame with its columns, the ATR over two candles."""
    block = {"partials": [], "engines": [engine], "initial_stop": {"period": 2}, "market": market or {}}
    frame = DataFrame(candles, columns=["open", "high", "low", "close"], dtype=float)
    return add_columns(frame, load_settings(block).default)


def test_the_mean_of_the_atr_by_hand() -> None:
    """The ATR of two starts as a mean, then takes half of each new range; its mean of three starts with the third."""
    engine = {"name": "bracket", "strategy": "volatility"}
    frame = columns_of(flat([2, 2, 4, 6, 2, 2]), engine, {"atr_mean_candles": 3})
    assert frame["robustop_atr"].tolist() == pytest.approx([NAN, NAN, 3, 4.5, 3.25, 2.625], nan_ok=True)
    means = [NAN, NAN, NAN, NAN, (3 + 4.5 + 3.25) / 3, (4.5 + 3.25 + 2.625) / 3]
    assert frame["robustop_atr_mean"].tolist() == pytest.approx(means, nan_ok=True)


def test_the_momentum_by_hand() -> None:
    """The change of the close over three candles in percent; missing before that."""
    closes = [100.0, 102.0, 101.0, 105.0, 96.9]
    candles = [(close, close + 1, close - 1, close) for close in closes]
    frame = columns_of(candles, {"name": "smart_trail", "momentum_percent": 1.0})
    assert frame["robustop_momentum"].tolist() == pytest.approx([NAN, NAN, NAN, 5.0, -5.0], nan_ok=True)


def regimes_of(candles: list[Candle], **market: Any) -> list[float]:
    """Return the market conditions; by default the ADX spans two candles and the rank three ATRs."""
    engine = {"name": "bracket", "strategy": "market_condition"}
    options = {"adx_period": 2, "percentile_candles": 3, **market}
    return list(columns_of(candles, engine, options)["robustop_regime"])


RISING: list[Candle] = [(100.0 + up, 101.0 + up, 99.0 + up, 100.0 + up) for up in range(7)]
"""Each true range is 2 and each move goes up, so that the ADX is 100 and the ATRs are equal."""


def test_a_steady_rise_is_trending_from_the_third_atr_on() -> None:
    """The ATR starts with the third candle, so the rank among three starts with the fifth."""
    assert regimes_of(RISING) == pytest.approx([NAN] * 4 + [TRENDING] * 3, nan_ok=True)


def test_a_flat_market_is_ranging() -> None:
    """Without any move up or down the ADX is 0."""
    assert regimes_of(flat([2] * 7)) == pytest.approx([NAN] * 4 + [RANGING] * 3, nan_ok=True)


@pytest.mark.parametrize(("percentile", "last"), [(90.0, VOLATILE), (100.0, VOLATILE), (60.0, VOLATILE)])
def test_the_largest_atr_of_three_is_volatile_whatever_the_trend(percentile: float, last: int) -> None:
    """The rank of the largest is 100 percent; with 60 percent, equal ones count as 66.7."""
    wider = [*RISING[:6], (106.0, 112.0, 100.0, 106.0)]
    before = VOLATILE if percentile == 60 else TRENDING
    assert regimes_of(wider, volatile_percentile=percentile)[-2:] == [before, last]


def test_the_threshold_of_the_trend_is_the_setting_s() -> None:
    """An ADX of 100 trends at a threshold of 100, and of 0 at a threshold of 0."""
    assert regimes_of(RISING, trending_adx=99.999)[-1] == TRENDING
    assert regimes_of(RISING, trending_adx=100.001)[-1] == RANGING
    assert regimes_of(flat([2] * 7), trending_adx=0)[-1] == TRENDING


@pytest.mark.parametrize("count", range(1, 5))
def test_too_few_candles_are_no_error(count: int) -> None:
    """A newly listed pair has the columns, without values."""
    for strategy in ("volatility", "market_condition"):
        frame = columns_of(RISING[:count], {"name": "bracket", "strategy": strategy})
        assert frame.filter(like="robustop_").iloc[:, 1:].isna().to_numpy().all()


def test_no_column_looks_ahead() -> None:
    """Each value is the same if later candles are missing."""
    candles = flat([2, 2, 4, 6, 2, 2, 3, 9, 1, 5])
    block = {"name": "bracket", "strategy": "volatility"}
    for engine in (block, {**block, "strategy": "market_condition"}, {"name": "smart_trail", "momentum_percent": 1}):
        market = {"adx_period": 2, "percentile_candles": 3, "atr_mean_candles": 3}
        whole = columns_of(candles, engine, market)
        for count in range(4, len(candles)):
            last = columns_of(candles[:count], engine, market).iloc[-1]
            assert last.to_dict() == pytest.approx(whole.iloc[count - 1].to_dict(), nan_ok=True)


@pytest.mark.parametrize(
    ("engine", "candles"),
    [
        ({"name": "hand_span"}, 210),
        ({"name": "bracket"}, 210),
        ({"name": "bracket", "strategy": "volatility"}, 310),
        ({"name": "bracket", "strategy": "market_condition"}, 420),
        ({"name": "smart_trail", "momentum_percent": 1, "momentum_candles": 700}, 700),
    ],
)
def test_the_candles_before_the_start_are_named(engine: dict[str, Any], candles: int) -> None:
    """Fifteen periods of 14 for the ATR, a hundred more for its mean, twice as many for the ADX."""
    assert startup_candles(load_settings({"partials": [], "engines": [engine]})) == candles


TRAIL = {"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 1.0, "momentum_percent": 1.0}
CANDLES: list[Candle] = [
    (100.0, 100.5, 99.5, 100.4),
    (100.5, 102.0, 100.4, 101.9),
    (101.8, 101.9, 100.5, 100.6),
    (100.6, 100.7, 99.0, 99.5),
    (99.5,) * 4,
]


@pytest.mark.parametrize(
    ("factor", "momentum", "stops", "candle"),
    [
        (2.0, [0, 0, 0, 0, 0, 0], [100.98], 1),
        # Strong until the close of candle 1: 2 percent at first, and the usual 1 percent at the open of candle 2.
        (2.0, [0, 5, 0, 0, 0, 0], [99.96, 100.98], 2),
        (2.0, [0, 1, 1, 1, 1, 1], [99.96], 3),
        (2.0, [0, 0.99, 0, 0, 0, 0], [100.98], 1),
        (0.5, [0, 5, 5, 5, 5, 5], [101.49], 1),
        (2.0, [NAN] * 6, [100.98], 1),
    ],
)
def test_momentum_widens_and_narrows_the_distance(
    host: Host, factor: float, momentum: list[float], stops: list[float], candle: int
) -> None:
    """The high of 102 is trailed by 1 percent times the factor, while the last closed candle is strong."""
    robustop = {"partials": [], "initial_stop": TWO_PERCENT, "engines": [{**TRAIL, "momentum_factor": factor}]}
    played = host.play(Hand, CANDLES, robustop=robustop, columns={"robustop_momentum": momentum})
    assert [record["new_stop"] for record in played.of("move")] == stops
    assert (played.trade.close_rate, played.trade.close_date_utc) == (stops[-1], at(candle))

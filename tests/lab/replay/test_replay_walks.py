"""Skipping candles changes nothing: a trade ends as it does if every candle is decided on."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import Mock, patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.grid import grid_of, ticks_between, to_ticks
from robustop_plugin.core.side import signed
from robustop_plugin.lab.replay.kernel import skip_blocks, skip_candles, skip_inside, trade
from robustop_plugin.lab.replay.kernel.candle_decision import decide_candle
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.row_types import CANDLE, COLUMNS, PAIR, ROI, RUN
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.skip_bounds import never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.tables import Market, records, wide
from robustop_plugin.lab.replay.kernel.trade import TradeEnd, simulate_trade
from robustop_plugin.lab.replay.kernel.trails import apply_last_trail
from robustop_plugin.lab.replay.settings_to_tables import engine_set_of
from tests.support.engine_options import RANDOMS, alone
from tests.support.markets import budget
from tests.support.scenarios import Scenario, block_of

ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")
ANY = st.lists(st.sampled_from(ENGINES), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(alone(name).map(lambda block: block["engines"][0]) for name in names))
)
PERCENT = st.fixed_dictionaries(
    {
        "name": st.just("smart_trail"),
        "activation_percent": st.sampled_from((0.0, 0.2)),
        "distance_percent": st.sampled_from((0.01, 0.1, 0.3, 1.0)),
    }
)
FOLLOWING = st.tuples(
    PERCENT,
    st.fixed_dictionaries(
        {
            "name": st.just("atr_guard"),
            "breakeven_atr": st.sampled_from((0.5, 1.0)),
            "trail_atr": st.sampled_from((1.0, 2.0, 4.0)),
        }
    ),
).flatmap(lambda both: st.sampled_from((both, both[:1], both[1:])))
"""Engines that trail early."""

COUNT, TICK, ENTRY = 90, 0.01, 100.0
NEVER = sys.maxsize


def market_of(random: Random, details: int = 1) -> Market:
    """Return candles of a random walk from the entry on, with a varying ATR that is unknown at times.

    Sometimes an exit signal is set at one of them. `details` of them make a main candle, whose ATR they have.
    """
    pace, drift, far, steps = random.choice((1, 3, 10)), random.choice((-1, 0, 1)), random.choice((1, 2, 8)), []
    price = round(ENTRY / TICK)
    for _ in range(COUNT):
        close = max(10, price + random.randint(-pace, pace) + random.choice((0, drift * pace)))
        low, high = min(price, close) - random.randint(0, pace), max(price, close) + random.randint(0, pace)
        steps.append((price, max(5, low), high))
        price = close
    candles, columns, pairs = records(COUNT, CANDLE), records(COUNT, COLUMNS), records(1, PAIR)
    candles["time"], candles["open"] = 300.0 * np.arange(COUNT), [step[0] / (1 / TICK) for step in steps]
    columns["atr"] = np.cumprod([random.choice((1.0, 1.0, 0.98, 1.03)) for _ in range(COUNT)]) * far * pace * TICK * 1.5
    columns["atr"][random.sample(range(COUNT), random.choice((0, 0, 3)))] = math.nan
    columns["momentum"] = math.nan
    candles["main"] = np.arange(COUNT) // details
    columns["atr"] = columns["atr"][candles["main"] * details]
    pairs["end"] = COUNT
    lows, highs = (np.array([step[part] / (1 / TICK) for step in steps]) for part in (1, 2))
    extremes = {"low": lows, "high": highs, "lows": wide(lows, np.minimum), "highs": wide(highs, np.maximum)}
    closed = {
        f"closed_{name}": np.repeat([0.0, *farthest(part.reshape(-1, details), axis=1)], details)
        for name, part, farthest in (("low", lows, np.min), ("high", highs, np.max))
    }
    leaves = random.choice((COUNT, random.randrange(1, COUNT)))
    exits = [leaves if candle <= leaves < COUNT else NEVER for candle in range(COUNT)]
    tables = {**extremes, **closed, "exits_long": exits, "exits_short": exits, "candles": candles, "sell_signals": []}
    others = dict.fromkeys(set(Market._fields) - {*tables, "columns", "pairs"})
    return Market(**tables, columns=columns, pairs=pairs, **others)


def ended(market: Market, choice: EngineSet, side: int, stop: float, *, at_closes: bool = False) -> TradeEnd:
    """Return the end of a trade that enters at the first candle."""
    run, grid = records(1, RUN), grid_of(TICK)
    run["seconds"], run["minutes"], run["fee"], run["at_closes"] = 300.0, 5, 0.001, at_closes
    risk = signed(side, ticks_between(ENTRY, stop, grid))
    place = Position(side, grid, TICK, ENTRY, to_ticks(ENTRY, grid), risk, stop, 0.0, math.nan, 0)
    deal = Fill(10.0, 1.0, 1000.0, 1001.0)
    return simulate_trade(market, choice, run[0], records(0, ROI), 0, 0, place, deal, COUNT)


@contextmanager
def nothing_passed() -> Iterator[None]:
    """Decide on every candle."""
    calm = patch.object(trade, "skip_bounds", lambda *given: never_skip(skip_bounds(*given)))
    inside = patch.object(skip_inside, "skip_inside", lambda *given: given[3])
    with calm, inside, patch.object(trade, "activate_at_entry", lambda *given: given[-1]):
        yield


@pytest.mark.parametrize(
    ("chosen", "seldom"), [(st.one_of(FOLLOWING, ANY), 60), (st.tuples(PERCENT), 10)], ids=["any", "percent"]
)
def test_a_trade_ends_as_if_every_candle_were_decided_on(
    chosen: st.SearchStrategy[tuple[dict, ...]], seldom: int, tell: Callable[[str], None]
) -> None:
    """With a single engine or several, on both sides."""
    passed: list[int] = []
    led: list[int] = []

    def counted(*given: Any) -> Memory:
        led.append(1)
        return apply_last_trail(*given)

    @given(
        engines=chosen,
        side=st.sampled_from((1, -1)),
        risk=st.integers(20, 400),
        random=RANDOMS,
    )
    @budget()
    def passing_changes_nothing(engines: tuple[dict, ...], side: int, risk: int, random: Random) -> None:
        plain = [{key: value for key, value in engine.items() if key != "portion"} for engine in engines]
        block = {"engines": plain, "partials": []}
        life = Scenario(side, TICK, ENTRY, ENTRY, (), block, on_exchange=False)
        market, choice = market_of(random), engine_set_of(block_of(life))
        stop = (round(ENTRY / TICK) - side * risk) / (1 / TICK)
        with (
            patch.object(skip_candles, "apply_last_trail", counted),
            patch.object(skip_blocks, "apply_last_trail", counted),
        ):
            found = ended(market, choice, side, stop)
        with nothing_passed():
            assert repr(found) == repr(ended(market, choice, side, stop))
        passed.append(found.candle)

    passing_changes_nothing()
    tell(f"{len(passed)} trades, up to {max(passed)} candles long, {len(led)} times a trail was followed")
    assert max(passed) > COUNT // 2
    assert len(led) > len(passed) // seldom


@given(
    engines=st.one_of(FOLLOWING, ANY, st.tuples(PERCENT)),
    side=st.sampled_from((1, -1)),
    risk=st.integers(20, 400),
    details=st.sampled_from((1, 1, 3, 5)),
    random=RANDOMS,
)
@budget()
def test_a_trade_whose_stops_wait_for_closes_ends_as_if_every_candle_were_decided_on(
    engines: tuple[dict, ...], side: int, risk: int, details: int, random: Random
) -> None:
    """With and without detail candles."""
    plain = [{key: value for key, value in engine.items() if key != "portion"} for engine in engines]
    life = Scenario(side, TICK, ENTRY, ENTRY, (), {"engines": plain, "partials": []}, on_exchange=False)
    market, choice = market_of(random, details), engine_set_of(block_of(life))
    stop = (round(ENTRY / TICK) - side * risk) / (1 / TICK)
    found = ended(market, choice, side, stop, at_closes=True)
    with nothing_passed():
        assert repr(found) == repr(ended(market, choice, side, stop, at_closes=True))


def test_candles_are_skipped_where_stops_wait_for_closes() -> None:
    """A trade of many candles is decided at few of them, with and without detail candles."""
    block = {"engines": [{"name": "hand_span"}, {"name": "atr_guard"}], "partials": []}
    choice = engine_set_of(block_of(Scenario(1, TICK, ENTRY, ENTRY, (), block, on_exchange=False)))
    for details in (1, 5):
        with patch.object(trade, "decide_candle", Mock(wraps=decide_candle)) as decided:
            candles = [
                ended(market_of(Random(seed), details), choice, 1, ENTRY - 3.0, at_closes=True).candle  # noqa: S311
                for seed in range(20)
            ]
        assert decided.call_count < sum(candles) / 3

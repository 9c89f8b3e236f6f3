"""The replay's scalars against the core, and against Freqtrade's own arithmetic, interpreted and compiled."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from freqtrade.enums import TradingMode
from freqtrade.exchange import amount_to_contract_precision, price_to_precision
from freqtrade.exchange.exchange import TICK_SIZE
from freqtrade.persistence import LocalTrade
from hypothesis import assume, given
from hypothesis import strategies as st

from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit
from robustop_plugin.core.engine import NO_LEVEL
from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.exact import Exact, decimal
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.exits import AT_THE_STOP
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import grid_of
from robustop_plugin.core.initial_stop import StopBounds, initial_stop
from robustop_plugin.core.memory import Memory, fresh_memory
from robustop_plugin.core.side import better
from robustop_plugin.lab.replay.kernel import host_arithmetic, scalars
from robustop_plugin.lab.replay.kernel.initial_stop import Bounds, first_stop
from robustop_plugin.lab.replay.kernel.modules import MODULES
from robustop_plugin.lab.replay.kernel.row_types import RUN
from robustop_plugin.lab.replay.kernel.setting_tables import part_of
from robustop_plugin.lab.replay.kernel.step import (
    AT_THE_STOP as HIT,
)
from robustop_plugin.lab.replay.kernel.step import (
    CROSSED,
    HOLDS,
    REQUESTED,
    TAKES_PROFIT,
    TIME_STOP,
    decided,
    fresh,
)
from robustop_plugin.lab.replay.kernel.tables import records
from robustop_plugin.lab.replay.settings_to_tables import engine_set_of, setting_tables_of
from tests.support.engine_options import alone
from tests.support.machines import compiled, same
from tests.support.markets import budget
from tests.support.scenarios import Scenario, block_of, lives_of

pytest.importorskip("numba")

COMPILED = compiled(MODULES)
ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder", "bracket")
SAID = {
    ExitReason.COUNCIL_SELL: REQUESTED,
    ExitReason.TAKE_PROFIT: TAKES_PROFIT,
    ExitReason.TIME_STOP: TIME_STOP,
    ExitReason.TRAILING_STOP: CROSSED,
}
TICKS = st.sampled_from((1e-8, 1e-5, 0.01, 0.1, 1.0))
AMOUNTS = st.integers(1, 10**9).map(lambda count: count / 1e4)
FEES = st.sampled_from((0.0, 0.00075, 0.001, 0.0004))


def number(value: float | None) -> float:
    """Return a value; NaN for None."""
    return math.nan if value is None else value


def place_of(position: Position) -> scalars.Position:
    """Return a position in scalars."""
    grid, entry, risk = position.geometry
    regime = 0 if position.regime is None else int(position.regime)
    prices = (position.entry, entry, risk, position.initial_stop, position.opened_at, number(position.atr_mean))
    return scalars.Position(position.side, grid, position.tick_size, *prices, regime)


def told(memory: Memory) -> tuple[Any, ...]:
    """Return what the core's memory and the replay's have in common."""
    level = None if memory.level is None else memory.level.price
    own = tuple(memory.kept.get(name) for name in ("smart_trail", "atr_guard"))
    return (memory.stop, memory.best, *(number(value) for value in (level, memory.atr, memory.atr_at_entry)), own)


def known(state: scalars.Memory, memory: Memory) -> tuple[Any, ...]:
    """Return the same of the replay's memory; of engines' own memories only those of the engines in use."""
    kept = {"smart_trail": tuple(state.smart), "atr_guard": tuple(state.guard)}
    own = tuple(kept[name] if name in memory.kept else None for name in kept)
    return (state.stop, state.best, state.level, state.atr, state.atr_at_entry, own)


@given(
    life=lives_of(
        st.lists(st.sampled_from(ENGINES), min_size=1, max_size=3, unique=True).flatmap(
            lambda names: st.tuples(*(alone(name) for name in names)).map(
                lambda blocks: {"engines": [block["engines"][0] for block in blocks], "partials": []}
            )
        )
    ),
    publishable=st.lists(st.booleans(), min_size=10, max_size=10),
    closes=st.none() | st.lists(st.booleans(), min_size=10, max_size=10),
    hours=st.sampled_from((None, 0.01, 0.3)),
    asks=st.none() | st.integers(0, 9),
)
@budget(0.5)
@pytest.mark.parametrize("machine", ["interpreted", "compiled"])
def test_a_step_in_scalars_is_the_step(
    machine: str,
    life: Scenario,
    publishable: list[bool],
    closes: list[bool] | None,
    hours: float | None,
    asks: int | None,
) -> None:
    """Over whole trades both decide the same and keep the same memory, also where stops wait for closes."""
    engines = [{key: value for key, value in engine.items() if key != "portion"} for engine in life.block["engines"]]
    block = block_of(life.with_settings(engines=engines, time_stop_hours=hours))
    position, rules, choice = life.position(), block.step_settings(), engine_set_of(block)
    place, memory = place_of(position), fresh_memory(position)
    state = fresh(place, math.nan)
    step = decided if machine == "interpreted" else COMPILED[decided]
    best = position.entry
    for count, (tick, clear, closed) in enumerate(zip(life.ticks(), publishable, closes or [None] * 10, strict=False)):
        requests = count == asks
        best = better(position.side, best, tick.price)
        here = Tick(tick.time, tick.price, tick.atr, momentum=tick.momentum, publishable=clear)
        if requests:
            here = replace(here, requested_exit=ExitReason.COUNCIL_SELL)
        if closed is not None:
            here = replace(here, extreme=best if closed else None, inside_candle=not closed)
        outcome = decide(position, here, memory, rules)
        known_at = (tick.time, tick.price, tick.time, number(tick.atr), number(tick.momentum), math.nan, clear)
        look = scalars.Tick(*known_at, tick.price if closed is None else number(here.extreme), requests)
        says, state = step(place, look, state, choice)
        memory, decision = outcome.memory, outcome.decision
        assert same(known(scalars.Memory(*state), memory), told(memory))
        if isinstance(decision, Exit):
            stopped = decision.reason in AT_THE_STOP and decision.level is None
            assert says == (HIT if stopped else SAID[decision.reason])
            return
        assert says == HOLDS


@given(
    side=st.sampled_from((1, -1)),
    tick_size=TICKS,
    entry=st.integers(2, 10**7),
    technical=st.none() | st.floats(-0.5, 0.5),
    bounds=st.sampled_from((StopBounds(0.2, 15.0, 2.0), StopBounds(0.001, 90.0, 50.0), StopBounds(3.0, 3.0, 3.0))),
    hard=st.floats(0.001, 0.99),
    liquidation=st.none() | st.floats(0.01, 0.9),
)
@budget(0.5)
@pytest.mark.parametrize("machine", ["interpreted", "compiled"])
def test_an_initial_stop_in_scalars_is_the_initial_stop(
    machine: str,
    side: int,
    tick_size: float,
    entry: int,
    technical: float | None,
    bounds: StopBounds,
    hard: float,
    liquidation: float | None,
) -> None:
    """Under any bounds, and without a valid stop, both agree."""
    price = entry * tick_size
    wanted = None if technical is None else Exact(price * (1 - side * technical), 0.0)
    closed = None if liquidation is None else price * (1 - side * liquidation)
    stop = price * (1 - side * hard)
    lattice = grid_of(tick_size)
    try:
        expected = initial_stop(side, price, tick_size, wanted, bounds, stop, closed).price
    except InvalidPosition:
        expected = math.nan
    function = first_stop if machine == "interpreted" else COMPILED[first_stop]
    parts = Bounds(*(part_of(percent) for percent in bounds))
    technical_stop = NO_LEVEL if wanted is None else wanted
    found = function(side, price, decimal(price), lattice, technical_stop, parts, stop, number(closed))
    assert same(found, expected)


def trade_of(side: int, amount: float, rate: float, fee: float, leverage: float, funding: float) -> LocalTrade:
    """Return a trade of Freqtrade's."""
    trade = LocalTrade(
        pair="A/USDT",
        open_rate=rate,
        amount=amount,
        fee_open=fee,
        fee_close=fee,
        stake_amount=amount * rate,
        leverage=leverage,
        is_short=side < 0,
        trading_mode=TradingMode.FUTURES,
        exchange="binance",
    )
    trade.funding_fees = funding
    return trade


@given(
    side=st.sampled_from((1, -1)),
    amount=AMOUNTS,
    rates=st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)),
    tick_size=TICKS,
    fee=FEES,
    leverage=st.sampled_from((1.0, 3.0, 7.5)),
    funding=st.sampled_from((0.0, 0.0123, -4.56)),
)
@budget()
def test_values_and_profits_are_those_of_the_host(
    side: int,
    amount: float,
    rates: tuple[int, int],
    tick_size: float,
    fee: float,
    leverage: float,
    funding: float,
) -> None:
    """Interpreted and compiled, the results equal those of `LocalTrade` to the last digit."""
    rate, left = (count / (1 / tick_size) for count in rates)
    trade = trade_of(side, amount, rate, fee, leverage, funding)
    host = (trade.open_trade_value, trade.calc_close_trade_value(left), trade.calc_profit_ratio(left))
    profit, solved = trade.calculate_profit(left).profit_abs, trade.calc_close_rate_for_roi(0.07)
    for machine in ({}, COMPILED):
        opened, closed, ratio, brought, solve = (
            machine.get(plain, plain)
            for plain in (
                host_arithmetic.open_value,
                host_arithmetic.close_value,
                host_arithmetic.ratio_of,
                host_arithmetic.profit_of,
                host_arithmetic.rate_for,
            )
        )
        first, last = opened(side, amount, rate, fee), closed(side, amount, left, fee, funding)
        assert (first, last, ratio(side, first, last, leverage)) == host
        assert brought(side, first, last) == profit
        told = machine.get(host_arithmetic.profit_in_floats, host_arithmetic.profit_in_floats)
        floats = told(side, amount, left, fee, first, funding)
        assert floats == profit or math.isnan(floats)
        assert solve(side, amount, rate, fee, funding, leverage, 0.07) == solved


def test_most_profits_are_told_in_floats() -> None:
    """Exact numbers are needed only if the last digit of a profit is in doubt."""
    prices = [100 + cents / 100 for cents in range(2000)]
    opened = host_arithmetic.open_value(1, 10.0, 100.0, 0.001)
    told = [host_arithmetic.profit_in_floats(1, 10.0, price, 0.001, opened, 0.0) for price in prices]
    assert sum(math.isnan(profit) for profit in told) < len(told) / 50
    # 0.012345675 lies between two of eight places; a value of a billion leaves no digit to spare.
    assert math.isnan(host_arithmetic.profit_in_floats(1, 1.0, 1.012345675, 0.0, 1.0, 0.0))
    assert math.isnan(host_arithmetic.profit_in_floats(1, 1e9, 1.01, 0.0, 1e9, 0.0))


@given(st.floats(-1e10, 1e10) | st.integers(-(10**12), 10**12).map(lambda count: (count + 0.5) / 1e8))
@budget()
def test_rounding_is_that_of_the_host(value: float) -> None:
    """Profits are rounded as Python does: correctly, halves to even."""
    for function in (host_arithmetic.rounded, COMPILED[host_arithmetic.rounded]):
        assert function(value) == round(value, 8)


@given(price=st.floats(1e-6, 1e6), tick_size=TICKS, aside=st.sampled_from((0.0, 0.5)))
@budget()
def test_prices_and_amounts_are_those_of_the_host(price: float, tick_size: float, aside: float) -> None:
    """The nearest price, of two the higher; and the largest amount below."""
    assume(price > tick_size)
    near = round((math.floor(price / tick_size) + aside) * tick_size, 9)
    lattice = grid_of(tick_size)
    for value in (price, near):
        for machine in ({}, COMPILED):
            nearest, truncated = (
                machine.get(plain, plain) for plain in (host_arithmetic.nearest_price, host_arithmetic.truncated)
            )
            assert nearest(value, lattice) == price_to_precision(value, tick_size, TICK_SIZE)
            assert truncated(value, lattice) == amount_to_contract_precision(value, tick_size, TICK_SIZE, None)


def test_records_hold_what_named_tuples_do() -> None:
    """Options reach compiled code as records with the same names and numbers."""
    block = block_of(Scenario(1, None, None, None, (), {"engines": [{"name": "smart_trail"}], "partials": []}, False))
    record, options = (
        setting_tables_of([block], records(1, RUN), ()).smarts[0],
        block.step_settings().engines[0].offer.keywords["options"],
    )
    assert isinstance(record, np.record)
    assert {name: record[name] for name in record.dtype.names} == options._asdict()

"""Skipping prices that cannot change a decision has no effect: a backtest gives the same result with and without it."""

from types import SimpleNamespace as Named
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.decisions.change_bounds import is_reached, next_change
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Hold
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.host_margins import NO_CHANGE_MARGIN
from robustop_plugin.core.levels import engine_memory, observe, update_levels, view_at
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import load_settings
from tests.support.both_orders import NO_STOPS
from tests.support.hand_candles import BLOCK, PAIR, PERCENT, START, Candle, Hand, at
from tests.support.host import Host, Played
from tests.support.markets import budget

STEPS: list[Candle] = [
    (100.0, 100.3, 99.6, 100.2),
    (100.2, 101.7, 100.0, 101.5),
    (101.5, 101.99, 101.0, 101.9),
    (101.9, 102.0, 101.4, 101.8),
    (101.8, 103.2, 101.7, 103.1),
    (103.1, 103.99, 102.9, 103.9),
    (103.9, 104.01, 103.0, 103.5),
    (103.5, 105.4, 103.2, 105.0),
]


def recorded(played: Played) -> list[tuple[Any, ...]]:
    """Return everything that a backtest recorded, by token."""
    return [tuple(sorted((key, str(value)) for key, value in record.items())) for record in played.records]


@pytest.mark.parametrize("last", [(105.0, 105.1, 101.0, 101.5), (105.0, 105.7, 101.0, 101.5)])
def test_a_backtest_is_the_same_when_every_price_is_decided_on(
    host: Host, monkeypatch: pytest.MonkeyPatch, last: Candle
) -> None:
    """The records of a run that skips prices equal those of one that does not, including facts and best.

    The exit candle may have a new best price: Freqtrade does not ask there, so it does not count.
    """
    candles = [*STEPS, last, (101.0, 101.5, 100.5, 101.0)]
    spared = recorded(host.play(Hand, candles))
    monkeypatch.setattr(NoChangeBounds, "absorb_if_unchanged", lambda *_: False)
    assert recorded(host.play(Hand, candles)) == spared
    assert len(spared) > 3


ENGINES = (
    *({"name": "hand_span", "fee_percent": fee} for fee in (0, 0.1, 0.2, 1)),
    {"name": "smart_trail", "activation_percent": 1, "breakeven_percent": 0.7, "fee_percent": 0.3},
    {"name": "smart_trail", "activation_percent": 0.5},
    {"name": "r_ladder"},
    {"name": "r_ladder", "rungs": [[0.5, "breakeven"], [2.5, 1], [3, 2]], "fees": True, "fee_percent": 0.6},
    {"name": "bracket"},
)


@given(
    side=st.sampled_from((1, -1)),
    aside=st.sampled_from((0.0, 0.25, 0.5, 0.9)),
    risk=st.integers(1, 300),
    block=st.sampled_from(ENGINES),
    gains=st.lists(st.integers(1, 1500) | st.integers(1, 60), min_size=2, max_size=2),
)
@budget()
def test_the_opinion_lasts_up_to_its_next_change(
    side: int, aside: float, risk: int, block: dict[str, Any], gains: list[int]
) -> None:
    """L57: between a gain and the next announced change, nothing new is wanted or remembered."""
    rules = load_settings({"engines": [block], "breakeven": PERCENT}).default.step_settings()
    position = Position(side, 10_000 + aside, 10_000.0 - side * risk, 1.0, 0.0)
    first, second = (Tick(1.0, float(10_000 + side * gain)) for gain in sorted(gains))
    memory = update_levels(position, first, observe(position, first, fresh_memory(position)), rules)
    (engine,) = rules.engines
    change = next_change(engine, view_at(position, first, memory), engine_memory(engine, memory.kept))
    if side * (second.price - position.entry) < change - NO_CHANGE_MARGIN:
        later = update_levels(position, second, observe(position, second, memory), rules)
        assert later == memory._replace(best=second.price)


GUARDS = (
    *({"name": "atr_guard", "breakeven_atr": arms, "trail_atr": trails} for arms in (0.5, 2) for trails in (0.7, 3)),
    {"name": "atr_guard", "fees": True, "fee_percent": 0.4},
)


@given(
    side=st.sampled_from((1, -1)),
    aside=st.sampled_from((0.0, 0.25, 0.9)),
    block=st.sampled_from(GUARDS),
    looks=st.lists(st.tuples(st.integers(-20, 1500) | st.integers(-20, 60), st.floats(1, 200)), min_size=2, max_size=6),
    same_candle=st.booleans(),
)
@budget()
def test_the_opinion_lasts_while_the_atr_moves(
    side: int,
    aside: float,
    block: dict[str, Any],
    looks: list[tuple[int, float]],
    same_candle: bool,
) -> None:
    """After some ticks, another price and another ATR that reach no change want and remember nothing new."""
    rules = load_settings({"engines": [block], "breakeven": PERCENT}).default.step_settings()
    (engine,) = rules.engines
    assert engine.atr_change is not None
    position = Position(side, 10_000 + aside, 10_000.0 - side * 100, 1.0, 0.0)
    ticks = [
        Tick(float(300 * number), float(10_000 + side * gain), atr, candle=0.0 if same_candle else 300.0 * number)
        for number, (gain, atr) in enumerate(looks)
    ]
    memory = fresh_memory(position)
    for tick in ticks[:-1]:
        memory = update_levels(position, tick, observe(position, tick, memory), rules)
    change = engine.atr_change(view_at(position, ticks[-2], memory), engine_memory(engine, memory.kept))
    last = observe(position, ticks[-1], memory)
    reaches = ticks[-1].price if change.arms else last.best
    cleared = side * (last.best - position.entry) >= change.clearing - NO_CHANGE_MARGIN
    if not cleared and not is_reached([change], position, reaches, last.atr):
        assert update_levels(position, ticks[-1], last, rules) == last


AWAKE = {"name": "smart_trail", "activation_percent": 0}
KINDS = (*ENGINES, *GUARDS, AWAKE, {"name": "smart_trail", "breakeven_percent": 0, "fee_percent": 0})


@given(
    side=st.sampled_from((1, -1)),
    aside=st.sampled_from((0.0, 0.25, 0.9)),
    blocks=st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique_by=lambda engine: str(engine["name"])),
    looks=st.lists(st.tuples(st.integers(-90, 400) | st.integers(-2, 3), st.sampled_from((40.0, 50.0, 75.0)))),
)
@budget()
def test_a_life_is_the_same_when_every_price_is_decided_on(
    side: int, aside: float, blocks: list[dict[str, Any]], looks: list[tuple[int, float]]
) -> None:
    """From the first fill on, a skipped price is a hold and leaves the same memory as a decision."""
    block = load_settings({"engines": blocks, "breakeven": PERCENT}).default
    rules, market = block.step_settings(), Named(atr=lambda *_: atr)
    position, atr = Position(side, 10_000 + aside, 10_000.0 - side * 100, 1.0, START.timestamp()), 50.0
    state, memory = TradeState(position, fresh_memory(position, atr), 0), fresh_memory(position, atr)
    trade = Named(id=1, pair=PAIR, stop_loss=position.initial_stop, open_rate=position.entry)
    calm = NoChangeBounds(market, OpenTrades(), absorbs=True, own=NO_STOPS)
    calm.compute_first_bounds(trade, state, rules)
    for candle, (gain, atr) in enumerate(looks, start=1):
        # A limit order may fill at an entry between two prices of the grid, so treat it as a price.
        price = position.entry if gain == 0 else float(10_000 + side * gain)
        tick = Tick(at(candle).timestamp(), price, atr if block.follows_atr else None, candle=at(candle).timestamp())
        decision, memory, _ = decide(position, tick, memory, rules)
        if isinstance(decision, Exit):
            break
        if calm.absorb_if_unchanged(trade, state, price, at(candle)):
            assert decision == Hold()
        else:
            state.memory = decide(position, tick, state.memory, rules).memory
            trade.stop_loss = state.memory.stop
            calm.compute_bounds(trade, state, tick, rules)
        kept = [engine_memory(engine, state.memory.kept) for engine in rules.engines]
        assert kept == [engine_memory(engine, memory.kept) for engine in rules.engines]
        assert state.memory._replace(kept=memory.kept) == memory


def test_an_atr_that_falls_is_not_passed_over(host: Host) -> None:
    """When armed without a new high, a smaller ATR of the last closed candle tightens the trail."""
    guard = {**BLOCK, "engines": [{"name": "atr_guard", "breakeven_atr": 2.0, "trail_atr": 2.0}]}
    up: list[Candle] = [(100.0, 100.3, 99.8, 100.2), (100.5, 104.0, 100.4, 103.2)]
    quiet: list[Candle] = [(103.2, 103.5, 103.1, 103.2)] * 5
    atrs = [1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 0.6, 1.0]
    played = host.play(Hand, [*up, *quiet], columns={"robustop_atr": atrs}, robustop=guard)
    moves = [(record["time"], record["new_stop"]) for record in played.of("move")]
    # The fifth value belongs to candle 4, which closes when candle 5 opens.
    assert moves == [(at(1).timestamp(), 100.0), (at(2).timestamp(), 102.0), (at(5).timestamp(), 102.8)]


@pytest.mark.parametrize(("high", "armed"), [(101.6, False), (102.0, True)])
def test_a_guard_arms_at_a_price_and_not_at_an_older_high(host: Host, high: float, armed: bool) -> None:
    """Two ATRs are at 104 when the price is at 103, and at 102 once the ATR has fallen: only a price there arms."""
    guard = {**BLOCK, "engines": [{"name": "atr_guard", "breakeven_atr": 2.0, "trail_atr": 9.0}]}
    rises: list[Candle] = [(100.0, 103.0, 99.8, 101.0), *[(101.0, 101.5, 100.5, 101.0)] * 4]
    again: list[Candle] = [(101.0, high, 100.5, 101.0), (101.0, 101.2, 100.8, 101.0)]
    atrs = [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    played = host.play(Hand, [*rises, *again], columns={"robustop_atr": atrs}, robustop=guard)
    moves = [(record["time"], record["new_stop"]) for record in played.of("move")]
    assert moves == ([(at(5).timestamp(), 100.0)] if armed else [])


def test_an_error_after_the_fill_costs_the_initial_stop_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """If computing the no-change bounds fails, the stop is still published, and the error is reported."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(NoChangeBounds, "compute_first_bounds", broken)
    played = host.play(Hand, [(100.0, 100.3, 97.0, 99.0), (99.0, 99.1, 98.9, 99.0)])
    assert (played.trade.close_rate, played.trade.exit_reason) == (98.0, "stop_loss")
    (error,) = played.of("error")
    assert error["reason"] == "_foresee: RuntimeError('planted')"

"""An exact breakeven moves with every payment: skipping prices has no effect, and few payments need a decision."""

import math
from types import SimpleNamespace as Named
from typing import Any

import pytest
from freqtrade.enums import TradingMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.decisions import exact_breakeven, no_change
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.facts.breakeven import breakeven_of, payments_of
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Hold
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.levels import engine_memory, view_at
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import load_settings
from tests.support.both_orders import NO_STOPS
from tests.support.hand_candles import BLOCK, PAIR, START, Candle, Hand, at
from tests.support.host import Host
from tests.support.markets import budget

SLIPPAGE = 0.02
EXACT = {"mode": "exact", "slippage_percent": SLIPPAGE}
ENGINES: tuple[dict[str, Any], ...] = (
    {"name": "hand_span"},
    {"name": "smart_trail", "breakeven_percent": 0.4, "activation_percent": 1.2},
    {"name": "smart_trail", "breakeven_percent": 0.1, "activation_percent": 9},
    {"name": "atr_guard", "fees": True, "breakeven_atr": 0.4, "trail_atr": 1.5},
    {"name": "r_ladder", "rungs": [[0.3, "breakeven"], [2.5, 1]], "fees": True},
    {"name": "r_ladder"},
)


def held(side: int, entry: float, **over: Any) -> LocalTrade:
    """Return a trade of ten contracts that has paid nothing yet."""
    facts = {"id": 1, "pair": PAIR, "exchange": "binance", "open_rate": entry, "open_date": START, "amount": 10.0}
    costs = {"fee_open": 0.0, "fee_close": 0.0, "trading_mode": TradingMode.FUTURES, "funding_fees": 0.0}
    return LocalTrade(**{**facts, "stake_amount": 10 * entry, "leverage": 1.0, "is_short": side < 0, **costs, **over})


LOOKS = st.tuples(
    st.integers(-90, 400) | st.integers(10, 40),
    st.sampled_from((40.0, 50.0, 75.0)),
    st.sampled_from((0.0, 0.0, 0.0, 1.0, -1.0, 9.0, -9.0, 60.0, -60.0, -300.0)),
)


@given(
    side=st.sampled_from((1, -1)),
    aside=st.sampled_from((0.0, 0.25, 0.9)),
    blocks=st.lists(st.sampled_from(ENGINES), min_size=1, max_size=2, unique_by=lambda engine: str(engine["name"])),
    looks=st.lists(LOOKS, max_size=20),
)
@budget()
def test_a_life_with_payments_is_the_same_when_every_price_is_decided_on(
    side: int, aside: float, blocks: list[dict[str, Any]], looks: list[tuple[int, float, float]]
) -> None:
    """While funding is paid and received, a skipped price is a hold and leaves the same memory as a decision."""
    block = load_settings({"engines": blocks, "partials": [], "breakeven": EXACT}).default
    rules, market, records = block.step_settings(), Named(atr=lambda *_: atr), OpenTrades()
    position, atr = Position(side, 10_000 + aside, 10_000.0 - side * 100, 1.0, START.timestamp()), 50.0
    state, memory = TradeState(position, fresh_memory(position, atr), 0), fresh_memory(position, atr)
    trade = held(side, position.entry, fee_open=0.001, fee_close=0.001)
    trade.stop_loss = position.initial_stop
    bounds = NoChangeBounds(market, records, absorbs=True, own=NO_STOPS)
    bounds.compute_first_bounds(trade, state, rules)
    for candle, (gain, atr, funding) in enumerate(looks, start=1):
        trade.funding_fees += funding
        now, price = at(candle).timestamp(), position.entry if gain == 0 else float(10_000 + side * gain)
        known = {"time": now, "price": price, "atr": atr if block.follows_atr else None, "candle": now}
        decision, memory, _ = decide(position, Tick(**known, breakeven=breakeven_of(trade, SLIPPAGE)), memory, rules)
        if isinstance(decision, Exit):
            break
        if bounds.absorb_if_unchanged(trade, state, price, at(candle)):
            assert decision == Hold()
        else:
            price_now = exact_breakeven.exact_breakeven(trade, records.of(trade), SLIPPAGE)
            tick = Tick(**known, breakeven=price_now)
            state.memory = decide(position, tick, state.memory, rules).memory
            trade.stop_loss = state.memory.stop
            bounds.compute_bounds(trade, state, tick, rules)
        kept = [engine_memory(engine, state.memory.kept) for engine in rules.engines]
        assert kept == [engine_memory(engine, memory.kept) for engine in rules.engines]
        assert state.memory._replace(kept=memory.kept) == memory


QUIET: Candle = (101.6, 102.1, 101.5, 101.7)
CANDLES: list[Candle] = [(100.0, 100.3, 99.7, 100.2), (100.2, 102.2, 100.1, 101.8), *[QUIET] * 6]
"""One span is reached in the second candle."""
ONCE = [0.0, 0.0, 0.0, -4.0, -4.0, -4.0, 2.0, 2.0]
"""Funding so far, by candle: 4 are paid at the fourth, 6 are received at the seventh."""


def funded(monkeypatch: pytest.MonkeyPatch, funding: list[float]) -> None:
    """Have Freqtrade's backtester set this funding, by candle from the entry on."""

    def pay(_: Backtesting, trade: LocalTrade, current_time: Any, force: bool = False) -> None:
        trade.trading_mode = TradingMode.FUTURES
        trade.set_funding_fees(funding[min(round((current_time - START).total_seconds() / 300), len(funding) - 1)])

    monkeypatch.setattr(Backtesting, "_run_funding_fees", pay)


def left(host: Host, engine: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return all records of a backtest, and how its trade ended."""
    block = {**BLOCK, "engines": [engine], "breakeven": {"mode": "exact", "slippage_percent": 0.0}}
    columns = {"robustop_atr": [0.5] * (len(CANDLES) + 1)}
    played = host.play(Hand, CANDLES, robustop=block, columns=columns, position_adjustment_enable=True)
    records = [tuple(sorted((key, str(value)) for key, value in record.items())) for record in played.records]
    return [*records, (played.trade.stop_loss, played.trade.close_rate, played.trade.funding_fees)]


@pytest.mark.parametrize("engine", [*ENGINES, {"name": "hand_span", "portion": 0.5}])
def test_a_backtest_with_funding_is_the_same_when_every_price_is_decided_on(
    host: Host, monkeypatch: pytest.MonkeyPatch, engine: dict[str, Any]
) -> None:
    """The records of a run that skips prices equal those of a run that does not."""
    funded(monkeypatch, ONCE)
    spared = left(host, engine)
    monkeypatch.setattr(NoChangeBounds, "absorb_if_unchanged", lambda *_: False)
    assert left(host, engine) == spared


def stops(host: Host) -> list[tuple[float, float]]:
    """Return time and price of the stops of a backtest under `hand_span`."""
    block = {**BLOCK, "breakeven": {"mode": "exact", "slippage_percent": 0.0}}
    return [(move["time"], move["new_stop"]) for move in host.play(Hand, CANDLES, robustop=block).of("move")]


EARLY, LATE = (at(1).timestamp(), 100.0), (at(3).timestamp(), 100.4)
"""Breakeven once the span is reached; and after 4 were paid for 10 contracts."""


def test_funding_that_is_paid_tightens_breakeven(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop follows what was paid at once, and stays when more than that is received."""
    funded(monkeypatch, ONCE)
    assert stops(host) == [EARLY, LATE]


def test_bounds_that_ignore_funding_are_found_out(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planted bug that keeps bounds after funding was paid, the stop does not follow."""
    funded(monkeypatch, ONCE)
    monkeypatch.setattr(no_change, "has_paid_since", lambda *_: False)
    assert stops(host) == [EARLY]


def decisions(host: Host, monkeypatch: pytest.MonkeyPatch, engine: dict[str, Any], funding: list[float]) -> int:
    """Return how often a backtest decides."""
    count: list[int] = []
    decides = TradeManager._decide
    monkeypatch.setattr(TradeManager, "_decide", lambda *known: (count.append(1), decides(*known))[1])
    funded(monkeypatch, funding)
    left(host, engine)
    return len(count)


@pytest.mark.parametrize(
    ("engine", "expected"),
    [({"name": "hand_span"}, 1), ({"name": "r_ladder", "rungs": [[9.0, "breakeven"]], "fees": True}, 0)],
)
def test_a_quiet_trade_is_not_decided_on(
    host: Host, monkeypatch: pytest.MonkeyPatch, engine: dict[str, Any], expected: int
) -> None:
    """Between payments an exact breakeven costs no decision beside the one that moves the stop."""
    assert decisions(host, monkeypatch, engine, [0.0]) == expected


POSITION = Position(1, 100.0, 98.0, 0.01, START.timestamp())


def bounds_of(records: OpenTrades) -> NoChangeBounds:
    """Return bounds without an ATR."""
    return NoChangeBounds(Named(atr=lambda *_: None), records, absorbs=True, own=NO_STOPS)


def after(engine: dict[str, Any], best: float, funding: float) -> tuple[float | None, bool]:
    """Return the price up to which bounds hold after funding, and whether they hold, for a trade with a best price."""
    rules = load_settings({"engines": [engine], "partials": [], "breakeven": EXACT}).default.step_settings()
    records, state = OpenTrades(), TradeState(POSITION, fresh_memory(POSITION, 1.0), 0)
    trade = held(1, 100.0)
    bounds = bounds_of(records)
    tick = Tick(at(1).timestamp(), best, breakeven=exact_breakeven.exact_breakeven(trade, records.of(trade), 0.0))
    state.memory = decide(POSITION, tick, state.memory, rules).memory
    bounds.compute_bounds(trade, state, tick, rules)
    trade.stop_loss, trade.funding_fees = state.memory.stop, funding
    found = no_change.valid_bounds(trade, records.of(trade), state, composed=False)
    return (None, False) if found is None else (round(found.until, 6), found.payments == payments_of(trade))


@pytest.mark.parametrize(
    ("best", "funding", "until"),
    [
        (101.0, 0.0, 101.995),  # nothing was paid
        (101.0, -3.0, 101.995),  # no span is reached: breakeven is not offered
        (102.5, 3.0, 103.995),  # looser than the stop
        (102.5, -30.0, 102.995),  # at 103, which the best price has not cleared: it waits there
        (102.5, -20.0, None),  # at 102: the stop moves
        (102.5, 2000.0, None),  # more than the position is worth: no price covers it, so that percents count
        (102.5, -0.05, None),  # half a tick, rounded to a tick
    ],
)
def test_a_payment_needs_a_decision_if_it_can_move_the_stop(best: float, funding: float, until: float | None) -> None:
    """Ten contracts at 100 with a span of 2: the bounds stay, end at the new breakeven, or are void."""
    assert after({"name": "hand_span"}, best, funding) == (until, until is not None)


@pytest.mark.parametrize(
    ("engine", "holds"),
    [
        ({"name": "hand_span"}, True),
        ({"name": "smart_trail", "breakeven_percent": 0.0, "activation_percent": 9.0}, False),
    ],
)
def test_the_first_payment_needs_a_decision_only_if_breakeven_is_offered(engine: dict[str, Any], holds: bool) -> None:
    """Bounds of the first fill were computed without a breakeven price, which matters once an engine offers it."""
    rules = load_settings({"engines": [engine], "partials": [], "breakeven": EXACT}).default.step_settings()
    records, state = OpenTrades(), TradeState(POSITION, fresh_memory(POSITION, 1.0), 0)
    trade = held(1, 100.0)
    trade.stop_loss = 98.0
    (only,) = rules.engines
    if not holds:
        # A profit of 0 percent is reached at the entry.
        view = view_at(POSITION, Tick(POSITION.opened_at, POSITION.entry), state.memory)
        state.memory = state.memory._replace(kept={only.name: only.remember(view, only.fresh)})
    records.of(trade).bounds = no_change.Bounds(state.memory, 101.0, (), math.inf, payments_of(trade), rules.engines)
    assert no_change.valid_bounds(trade, records.of(trade), state, composed=False) is not None
    trade.funding_fees = -1.0
    assert (no_change.valid_bounds(trade, records.of(trade), state, composed=False) is not None) is holds

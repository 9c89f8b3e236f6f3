"""The exact breakeven price of a trade, and when a change of it can change a decision.

The price moves with everything that the trade pays or receives, such as funding. It is computed once between two
payments, and most payments need no decision.
"""

import math

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.breakeven import breakeven_of, payments_of
from robustop_plugin.bridge.state.live_trade import Bounds, ExactBreakeven, LiveTrade
from robustop_plugin.core.engine import Engine, View
from robustop_plugin.core.facts import Tick
from robustop_plugin.core.host_margins import NO_CHANGE_MARGIN
from robustop_plugin.core.levels import engine_memory, view_at
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import tighter
from robustop_plugin.core.trade_state import TradeState


def exact_breakeven(trade: Trade, record: LiveTrade, slippage_percent: float) -> float | None:
    """Return the price at which the trade covers its real costs; None if no price does."""
    payments, known = payments_of(trade), record.breakeven
    if payments is None:
        return breakeven_of(trade, slippage_percent)
    if known is None or (known.payments, known.slippage_percent) != (payments, slippage_percent):
        known = ExactBreakeven(payments, slippage_percent, breakeven_of(trade, slippage_percent))
        record.breakeven = known
    return known.price


def bounds_after_payment(trade: Trade, record: LiveTrade, state: TradeState, bounds: Bounds) -> Bounds | None:
    """Return the bounds after the trade has paid or received something; None if that needs a decision.

    It needs none if no engine offers breakeven yet, if the new breakeven is not tighter than a level that was cleared,
    or if the best price has not cleared it.

    Args:
        trade: Freqtrade's trade.
        record: The record of the trade.
        state: The state of the trade.
        bounds: The bounds that were valid before.
    """
    payments, known = payments_of(trade), record.breakeven
    if payments is None:
        return None
    position, memory = state.position, state.memory
    if bounds.offered is None:
        view = view_at(position, Tick(position.opened_at, memory.best), memory)
        bounds = bounds._replace(offered=any(offers_breakeven(engine, view, memory) for engine in bounds.payers))
    after = bounds._replace(payments=payments)
    if not after.offered:
        return after
    price = None if known is None else exact_breakeven(trade, record, known.slippage_percent)
    if price is None:
        return None
    side, tick_size = position.side, position.tick_size
    # Rounded towards the market, the level lies up to one tick beyond the price.
    if memory.level is not None and not tighter(side, price + side * tick_size, memory.level.price):
        return after
    if tighter(side, memory.best, price):
        return None
    clearing = price - side * NO_CHANGE_MARGIN * tick_size
    return after._replace(until=clearing) if tighter(side, bounds.until, clearing) else after


def offers_breakeven(engine: Engine, view: View, memory: Memory) -> bool:
    """Return True if an engine offers breakeven at the best price."""
    kept = engine_memory(engine, memory.kept)
    levels = engine.offer(view) if engine.remember is None else engine.offer(view, kept)
    return not math.isnan(levels.breakeven.high)

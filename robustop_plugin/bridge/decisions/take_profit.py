"""Takes profit for a bracket: answers Freqtrade's `custom_roi` with the profit ratio of its target price.

Freqtrade's own rule for profits fills it inside the candle in a backtest, as a resting order would.
"""

from datetime import datetime
from typing import Any

from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.state.live_trade import LiveTrade, TakeProfitPrice
from robustop_plugin.core.exact import add
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import to_price
from robustop_plugin.core.host_margins import TAKE_PROFIT_LEAD
from robustop_plugin.core.levels import view_at
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import signed, towards_market
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState


def take_profit_ratio(trade: Trade, record: LiveTrade, state: TradeState, settings: StepSettings) -> float | None:
    """Return the profit ratio beyond which a position is left; None if no engine takes profit.

    It belongs to a price a quarter of a tick before the first price of the grid at which an engine takes profit. The
    price is computed once for each position, and asked for at every candle.
    """
    position, atr = state.position, state.memory.atr_at_entry
    known = record.take_profit
    if known is None or (known.position, known.atr) != (position, atr):
        known = TakeProfitPrice(position, atr, price_before(position, settings, state.memory))
        record.take_profit = known
    return None if known.price is None else float(trade.calc_profit_ratio(known.price))


def price_before(position: Position, settings: StepSettings, memory: Memory) -> float | None:
    """Return the price a quarter of a tick before the nearest take profit; None if there is none."""
    side, (grid, entry, _) = position.side, position.geometry
    # Targets depend on the position and on its entry alone: any tick will do.
    view = view_at(position, Tick(position.opened_at, position.entry), memory)
    ticks = [towards_market(side, add(entry, signed(side, target))) for target in settings.targets(view)]
    if not ticks:
        return None
    price = to_price(min(ticks, key=lambda count: side * count), grid) - side * TAKE_PROFIT_LEAD * position.tick_size
    return price if price > 0 else None


def with_tag(strategy: IStrategy, trade: Trade, now: datetime, exits: list[Any], ratio: float | None) -> list[Any]:
    """Return the exits, with the constant tag on those made by our own profit ratio.

    A lower profit of the user's own `minimal_roi` or `custom_roi` keeps Freqtrade's name for it.
    """
    if ratio is None or all(exit_.exit_type is not ExitType.ROI for exit_ in exits):
        return exits
    minutes = int((now - trade.open_date_utc).total_seconds() // 60)
    _, reached = strategy.min_roi_reached_entry(trade, minutes, now)
    if reached != ratio:
        return exits
    tagged = ExitCheckTuple(ExitType.ROI, exit_tag(ExitReason.TAKE_PROFIT))
    return [tagged if exit_.exit_type is ExitType.ROI else exit_ for exit_ in exits]

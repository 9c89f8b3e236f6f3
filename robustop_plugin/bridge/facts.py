"""Facts out of a trade of the host's."""

from dataclasses import replace
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.first_stop import Fill, first_stop
from robustop_plugin.bridge.market import Market
from robustop_plugin.bridge.store import opened_ms
from robustop_plugin.bridge.translate import tick_size_of
from robustop_plugin.core.decision import fresh_memory, phase_of
from robustop_plugin.core.facts import Position, is_price
from robustop_plugin.core.grid import grid_of, round_towards_market, to_ticks
from robustop_plugin.core.initial_stop import InitialStop as Stop
from robustop_plugin.core.initial_stop import initial_stop
from robustop_plugin.core.memory import TradeState
from robustop_plugin.core.side import LONG, SHORT, better, tighter
from robustop_plugin.settings import InitialStop, RobustopBlock


def side_of(trade: Trade) -> int:
    """Return +1 for a long trade, -1 for a short one."""
    return SHORT if trade.is_short else LONG


def opened(
    trade: Trade, now: datetime, market: Market, block: RobustopBlock, stoploss: float
) -> tuple[TradeState, Stop]:
    """Return the state of a trade at its first fill, and how its initial stop came about.

    Args:
        trade: the host's trade, whose stop is the hard one of the strategy.
        now: time of the fill.
        market: for the technical stop.
        block: the settings of the pair.
        stoploss: the strategy's hard stop, as a ratio.
    """
    side, entry = side_of(trade), trade.open_rate
    fill = Fill(trade.pair, side, entry, trade.leverage or 1.0, stoploss)
    atr = market.atr(trade.pair)
    stop = first_stop(fill, trade, market, block, atr, in_force=trade.stop_loss, liquidation=trade.liquidation_price)
    tick_size = tick_size_of(trade, entry)
    position = Position(side, entry, stop.price, tick_size, now.timestamp(), *market.at_entry(trade.pair, block))
    memory = fresh_memory(position, atr)
    return TradeState(position, memory, opened_ms(trade)), stop


def adopted(trade: Trade, now: datetime, market: Market, settings: InitialStop) -> tuple[TradeState, Stop]:
    """Return a state for a trade that has none: opened before robustop, or by hand.

    The initial stop is the host's, the best price its extreme; the stop in force stays as it is.
    """
    side, entry = side_of(trade), trade.open_rate
    tick_size = tick_size_of(trade, entry)
    grid, start = grid_of(tick_size), trade.initial_stop_loss
    # Near the entry, a stop off our grid may round to a price that is no stop any more.
    if is_price(start) and tighter(side, entry, round_towards_market(side, to_ticks(start, grid), grid)):
        stop = Stop(start, ())
    else:
        stop = initial_stop(side, entry, tick_size, None, settings.bounds, liquidation=trade.liquidation_price)
    position = Position(side, entry, stop.price, tick_size, trade.open_date_utc.timestamp())
    extreme = trade.max_rate if side == LONG else trade.min_rate
    in_force = trade.stop_loss if is_price(trade.stop_loss) else position.initial_stop
    if tighter(side, position.initial_stop, in_force):
        in_force = position.initial_stop
    memory = fresh_memory(position, market.atr(trade.pair))._replace(
        stop=in_force,
        best=better(side, extreme, entry) if is_price(extreme) else entry,
        phase=phase_of(position, in_force),
        published_at=now.timestamp(),
    )
    return TradeState(position, memory, opened_ms(trade)), stop


def breakeven_of(trade: Trade, slippage_percent: float) -> float | None:
    """Return the rate at which a trade covers both fees, funding and interest so far, and the slippage to come."""
    rate = trade.calc_close_rate_for_roi(0.0) * (1 + side_of(trade) * slippage_percent / 100)
    return float(rate) if is_price(rate) else None


def with_entry(position: Position, entry: float) -> Position:
    """Return the position after a later entry moved the open rate; `R` then counts from the same stop."""
    if entry == position.entry or not is_price(entry) or not tighter(position.side, entry, position.initial_stop):
        return position
    return replace(position, entry=entry)

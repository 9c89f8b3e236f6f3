"""The host's stop beside the decided one: they are equal, the host's is ahead, or it is behind."""

from freqtrade.persistence import Trade

from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import better, beyond, tighter
from robustop_plugin.core.trade_state import TradeState

SAME = 0.25
"""In ticks: stops nearer to each other than that are one stop, computed in two ways."""
ROUNDED = 1.5
"""In ticks: a fee that changes the open rate moves the host's stop by one tick at most."""


def host_is_tighter(trade: Trade, state: TradeState) -> bool:
    """Return whether the host itself has tightened the stop beyond the decided one."""
    position, stop = state.position, state.memory.stop
    return (
        is_price(trade.stop_loss)
        and tighter(position.side, trade.stop_loss, stop)
        and abs(trade.stop_loss - stop) >= SAME * position.tick_size
    )


def host_is_looser(trade: Trade, state: TradeState) -> bool:
    """Return whether the host's stop is looser than the decided one."""
    position, stop = state.position, state.memory.stop
    looser = tighter(position.side, stop, trade.stop_loss)
    return looser and abs(stop - trade.stop_loss) >= SAME * position.tick_size


def is_beyond_ours(trade: Trade, state: TradeState) -> bool:
    """Return True if the host's stop is tighter than any level of robustop's, by more than the host's own rounding."""
    position, level = state.position, state.memory.level
    ours = position.initial_stop if level is None else better(position.side, level.price, position.initial_stop)
    if not is_price(trade.stop_loss) or not tighter(position.side, trade.stop_loss, ours):
        return False
    return bool(abs(trade.stop_loss - ours) >= ROUNDED * position.tick_size)


def is_under_water(trade: Trade, side: int, price: float) -> bool:
    """Return whether a price is on the losing side of the open rate.

    The host keeps the last ratio it was told, and at each fill places it at the open rate anew: a ratio that was
    told under water would make the stop jump. So such a stop stays virtual, and the price that reaches it exits.
    """
    return tighter(side, trade.open_rate, price)


def should_publish(trade: Trade, state: TradeState, price: float) -> bool:
    """Return whether the host has to be told of the decided stop, and can be: the price still clears it."""
    side = state.position.side
    return (
        not is_under_water(trade, side, price)
        and host_is_looser(trade, state)
        and not beyond(side, price, state.memory.stop)
    )


def should_restate(trade: Trade, state: TradeState, price: float) -> bool:
    """Return whether the host has to be told of the stop after a fill.

    After the first one it is told of the initial stop. After any other it places the last ratio it was told at the
    open rate anew: told again, it keeps the stop that was decided. A stop that is new waits for the next tick,
    because the host takes one that it is told after a fill for no trailing stop.
    """
    side, stop = state.position.side, state.memory.stop
    if beyond(side, price, stop):
        return False
    if is_first_fill(trade, state):
        return host_is_looser(trade, state)
    return not is_under_water(trade, side, price) and not host_is_looser(trade, state)


def is_first_fill(trade: Trade, state: TradeState) -> bool:
    """Return whether all that was filled so far is the trade's first fill."""
    alone = trade.nr_of_successful_entries <= 1 or state.entries.first_continues
    return alone and trade.nr_of_successful_exits == 0


def host_unchanged(trade: Trade, state: TradeState) -> bool:
    """Return whether the host has the stop and the entry that the last decision was about."""
    return bool(trade.stop_loss == state.memory.stop and trade.open_rate == state.position.entry)

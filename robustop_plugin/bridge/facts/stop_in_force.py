"""Compares Freqtrade's stop with the decided one, and says when Freqtrade has to be given the decided stop."""

import sys

from freqtrade.persistence import Trade

from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.trade_state import TradeState

SAME = 0.25
"""In ticks. Two stops nearer to each other than this are the same stop, computed in two ways."""


def host_is_tighter(trade: Trade, state: TradeState) -> bool:
    """Return True if Freqtrade's stop is tighter than the decided one."""
    position, stop = state.position, state.memory.stop
    return (
        is_price(trade.stop_loss)
        and tighter(position.side, trade.stop_loss, stop)
        and abs(trade.stop_loss - stop) >= SAME * position.tick_size
    )


def host_is_looser(trade: Trade, state: TradeState) -> bool:
    """Return True if Freqtrade's stop is looser than the decided one."""
    position, stop = state.position, state.memory.stop
    looser = tighter(position.side, stop, trade.stop_loss)
    return looser and abs(stop - trade.stop_loss) >= SAME * position.tick_size


def has_reached_stop(trade: Trade, state: TradeState | None, price: float) -> bool:
    """Return True if a price has reached the decided stop, whether or not Freqtrade has been given it.

    A first stop that is the strategy's own hard stop is the strategy's.
    """
    if state is None or not is_price(price) or not beyond(state.position.side, price, state.memory.stop):
        return False
    first = trade.initial_stop_loss
    return not first or state.position.side * (state.memory.stop - first) >= SAME * state.position.tick_size


def is_under_water(trade: Trade, side: int, price: float) -> bool:
    """Return True if a price is on the losing side of the open rate.

    Freqtrade keeps the last ratio it was given and applies it to the open rate again at each fill. A ratio given under
    water would make the stop jump there. Such a stop therefore stays virtual: the trade exits if the price reaches it.
    """
    return tighter(side, trade.open_rate, price)


def should_publish(trade: Trade, state: TradeState, price: float) -> bool:
    """Return True if Freqtrade needs the decided stop and can take it: the price is not beyond it."""
    side = state.position.side
    return (
        not is_under_water(trade, side, price)
        and host_is_looser(trade, state)
        and not beyond(side, price, state.memory.stop)
    )


def should_restate(trade: Trade, state: TradeState, price: float) -> bool:
    """Return True if Freqtrade has to be given the stop after a fill.

    After the first fill it is given the initial stop. After any later fill it applies its last ratio to the new open
    rate, so if that was robustop's, it is given the decided stop again to keep it. A new stop waits for the next tick,
    because Freqtrade does not count a stop that was given after a fill as a trailing stop.
    """
    side, stop = state.position.side, state.memory.stop
    # At a price that is so far away, a ratio of it is too coarse to name the stop: what Freqtrade holds stays.
    if beyond(side, price, stop) or price * sys.float_info.epsilon >= SAME * state.position.tick_size:
        return False
    if is_first_fill(trade, state):
        return host_is_looser(trade, state)
    return not is_under_water(trade, side, price) and not host_is_looser(trade, state)


def is_first_fill(trade: Trade, state: TradeState) -> bool:
    """Return True if everything filled so far is the trade's first fill."""
    alone = trade.nr_of_successful_entries <= 1 or state.entries.first_continues
    return alone and trade.nr_of_successful_exits == 0


def host_unchanged(trade: Trade, state: TradeState, *, composed: bool) -> bool:
    """Return True if Freqtrade still has the stop and the open rate of the last decision.

    Args:
        trade: Freqtrade's trade.
        state: The state of the trade.
        composed: True if stops of the strategy's own move Freqtrade's as well: a tighter one then changes no decision.
    """
    if trade.open_rate != state.position.entry:
        return False
    return bool(trade.stop_loss == state.memory.stop or (composed and not host_is_looser(trade, state)))

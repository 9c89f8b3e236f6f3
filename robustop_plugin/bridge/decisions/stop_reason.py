"""Corrects an exit's reason: after shifting a stop with the open rate, Freqtrade wrongly reports a trailing stop."""

from typing import Any

from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Trade

from robustop_plugin.core.trade_state import TradeState

ROUNDING = 1.25
"""In ticks: how far Freqtrade's rounding may put the initial stop from where it was decided."""


def with_stop_reason(trade: Trade, state: TradeState | None, exits: list[Any]) -> list[Any]:
    """Return the exits; one at the initial stop is a stop loss, whatever Freqtrade calls it.

    Args:
        trade: Freqtrade's trade.
        state: The state of the trade; None if it has none.
        exits: The exits that Freqtrade is about to make.
    """
    if state is None or all(exit_.exit_type is not ExitType.TRAILING_STOP_LOSS for exit_ in exits):
        return exits
    start, most = state.position.initial_stop, ROUNDING * state.position.tick_size
    if any(abs(stop - start) > most for stop in (trade.stop_loss, state.memory.stop)):
        return exits
    initial = ExitCheckTuple(ExitType.STOP_LOSS)
    return [initial if exit_.exit_type is ExitType.TRAILING_STOP_LOSS else exit_ for exit_ in exits]

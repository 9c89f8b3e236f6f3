"""Exits decided before the engines are asked for levels: rules 1 to 4 of the step."""

import math

from robustop_plugin.core.durations import HOUR, at_least_as_old
from robustop_plugin.core.exact import at_least, difference
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import ticks_between
from robustop_plugin.core.levels import observe, view_at
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import beyond, signed
from robustop_plugin.core.step_settings import StepSettings

AT_THE_STOP = (ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP)
"""The reasons of rule 1, after which no other rule applies."""


def immediate_exit(position: Position, tick: Tick, memory: Memory, settings: StepSettings) -> ExitReason | None:
    """Return the reason of an exit by rules 1 to 4, the first that applies; None without an exit."""
    if beyond(position.side, tick.price, memory.stop):
        at_start = memory.stop == position.initial_stop
        return ExitReason.STOP_LOSS if at_start else ExitReason.TRAILING_STOP
    if tick.requested_exit is not None:
        return tick.requested_exit
    if takes_profit(position, tick, memory, settings):
        return ExitReason.TAKE_PROFIT
    if settings.time_stop_hours < math.inf and at_least_as_old(
        difference(tick.time, position.opened_at).high, settings.time_stop_hours, HOUR
    ):
        return ExitReason.TIME_STOP
    return None


def takes_profit(position: Position, tick: Tick, memory: Memory, settings: StepSettings) -> bool:
    """Return True if the price has reached the take profit of an engine."""
    if not settings.takes_profit:
        return False
    # This tick's ATR may be the first known one, so observe it before asking for targets.
    view = view_at(position, tick, observe(position, tick, memory))
    profit = signed(position.side, ticks_between(tick.price, position.entry, view.grid))
    return any(at_least(profit, target) for target in settings.targets(view))

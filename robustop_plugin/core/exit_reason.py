"""Why a position is closed."""

from enum import StrEnum


class ExitReason(StrEnum):
    """Why a position is closed."""

    STOP_LOSS = "STOP_LOSS"
    TRAILING_STOP = "TRAILING_STOP"
    EMERGENCY = "EMERGENCY"
    MANUAL = "MANUAL"
    MAX_DRAWDOWN = "MAX_DRAWDOWN"
    COUNCIL_SELL = "COUNCIL_SELL"
    TAKE_PROFIT = "TAKE_PROFIT"
    TIME_STOP = "TIME_STOP"
    STOP_GUARD = "STOP_GUARD"


REQUESTABLE = (ExitReason.EMERGENCY, ExitReason.MANUAL, ExitReason.MAX_DRAWDOWN, ExitReason.COUNCIL_SELL)
"""The reasons that come from outside the step: a person, the portfolio, the council (rules 2 and 3).

A tick carries at most one; which one of several is decided where requests are collected.
"""

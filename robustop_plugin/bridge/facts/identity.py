"""Identifies a trade by number, opening time, pair and side, because SQLite reuses the number of a deleted trade."""

from typing import NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.core.trade_state import TradeState


class TradeIdentity(NamedTuple):
    """The facts that identify a trade in addition to its number. They never change.

    Attributes:
        opened_ms: Opening time, in milliseconds since the epoch.
        pair: The pair's name.
        side: +1 long, -1 short.
    """

    opened_ms: int
    pair: str
    side: int


def side_of(trade: Trade) -> int:
    """Return +1 for a long trade, -1 for a short one."""
    return SHORT if trade.is_short else LONG


def opened_ms(trade: Trade) -> int:
    """Return the opening time of a trade, in milliseconds since the epoch."""
    return int(trade.open_date_utc.timestamp() * 1000)


def identity_of(trade: Trade) -> TradeIdentity:
    """Return the identity of a trade."""
    return TradeIdentity(opened_ms(trade), trade.pair, side_of(trade))


def belongs_to(state: TradeState, trade: Trade) -> bool:
    """Return True if a state belongs to this trade, not to an earlier trade with the same number."""
    known = TradeIdentity(state.opened_ms, state.pair or trade.pair, state.position.side)
    return known == identity_of(trade)

"""Who a trade is: its number, opening time, pair and side, because SQLite gives the number of a deleted trade again."""

from typing import NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.core.trade_state import TradeState


class TradeIdentity(NamedTuple):
    """What a trade keeps all its life, beside its number.

    Attributes:
        opened_ms: when it was opened, in milliseconds since the epoch.
        pair: of the trade.
        side: +1 long, -1 short.
    """

    opened_ms: int
    pair: str
    side: int


def side_of(trade: Trade) -> int:
    """Return +1 for a long trade, -1 for a short one."""
    return SHORT if trade.is_short else LONG


def opened_ms(trade: Trade) -> int:
    """Return when a trade was opened, in milliseconds since the epoch."""
    return int(trade.open_date_utc.timestamp() * 1000)


def identity_of(trade: Trade) -> TradeIdentity:
    """Return who a trade is, beside its number."""
    return TradeIdentity(opened_ms(trade), trade.pair, side_of(trade))


def belongs_to(state: TradeState, trade: Trade) -> bool:
    """Return whether a state was made for this trade, and not for another one that had its number before."""
    known = TradeIdentity(state.opened_ms, state.pair or trade.pair, state.position.side)
    return known == identity_of(trade)

"""Who a trade is: its number, opening time, pair and side, because SQLite gives the number of a deleted trade again."""

from collections.abc import Callable
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


class OpenTrades:
    """Notices that a number stands for another trade than before; what was kept under it is then forgotten."""

    def __init__(self) -> None:
        """Start with no trade known and nobody to notify."""
        self._identities: dict[int, TradeIdentity] = {}
        self._forgetters: list[Callable[[int], None]] = []

    def on_forget(self, forget: Callable[[int], None]) -> None:
        """Register who keeps something under the numbers of trades."""
        self._forgetters.append(forget)

    def meet(self, trade: Trade) -> None:
        """Take a trade that Freqtrade asks about."""
        identity = identity_of(trade)
        if self._identities.get(trade.id, identity) != identity:
            self.forget(trade.id)
        self._identities[trade.id] = identity

    def forget(self, trade_id: int) -> None:
        """Drop everything that is kept under a number."""
        self._identities.pop(trade_id, None)
        for forget in self._forgetters:
            forget(trade_id)

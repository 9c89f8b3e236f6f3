"""The open trades of a bot, as far as their stops can be adjusted, and why not where they cannot."""

from typing import NamedTuple

import sqlalchemy as sa

from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.stored_state import Trouble
from robustop_plugin.operate.trade_view import TradeView

NO_STATE = "robustop has no state of it yet: start the bot, and ask again after its first look"
WHY_NOT = {
    Trouble.MISSING: NO_STATE,
    Trouble.OF_ANOTHER_TRADE: NO_STATE,
    Trouble.UNREADABLE: "its state cannot be read; the bot adopts it anew at its next look",
}
"""What to know about a trade without a state that can be used."""


class AdjustableTrade(NamedTuple):
    """An open trade.

    Attributes:
        trade_id: its number.
        pair: its pair.
        side: +1 long, -1 short.
        opened_ms: when it was opened, in milliseconds since the epoch.
        entry: the open rate, in price.
        stop: Freqtrade's stop, in price; None without one.
        state: the state of its stop; None if there is none that can be used.
        why_not: why its stop cannot be adjusted; None if it can.
    """

    trade_id: int
    pair: str
    side: int
    opened_ms: int
    entry: float
    stop: float | None
    state: TradeState | None
    why_not: str | None


def adjustable_trades(engine: sa.Engine) -> list[AdjustableTrade]:
    """Return the open trades, oldest first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it is not a trade database of Freqtrade, or cannot be read.
    """
    return [
        AdjustableTrade(
            trade.number,
            trade.pair,
            trade.side,
            trade.opened_ms,
            trade.entry,
            trade.host_stop,
            trade.state,
            why_not(trade),
        )
        for trade in read_open_trades(engine)
    ]


def why_not(trade: TradeView) -> str | None:
    """Return why the stop of an open trade cannot be adjusted; None if it can."""
    if trade.state is None and trade.stored.is_shadowed:
        return "robustop only decides about it (shadow) and moves no stop of it; `robustop panic` closes it"
    if not trade.holds:
        return "its entry order rests: there is nothing to protect yet"
    return None if trade.trouble is None else WHY_NOT.get(trade.trouble, trade.stored.detail)

"""Is a position protected right now, and by what; and one sentence about all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from robustop_plugin.core.side import beyond
from robustop_plugin.operate.bot_api import Heartbeat
from robustop_plugin.operate.prices import PriceSeen, Source
from robustop_plugin.operate.trade_view import TradeView

ENOUGH = 0.99
"""A stop order for this part of the position covers it: the rest are fees and what is below a lot."""


class By(StrEnum):
    """What protects a position."""

    EXCHANGE = "exchange"
    BOT = "bot"
    NOTHING_HELD = "nothing held"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether a position is protected.

    Attributes:
        by: what protects it.
        why: why it is not protected, in one clause; None if it is.
    """

    by: By
    why: str | None = None

    @property
    def is_protected(self) -> bool:
        """False if a position is held that nothing protects, or that robustop knows too little of."""
        return self.why is None


def protection_of(
    trade: TradeView, seen: PriceSeen | None, heartbeat: Heartbeat | None, *, on_exchange: bool | None
) -> Protection:
    """Return whether a trade is protected, as far as its database, its bot and its price say.

    Args:
        trade: an open trade.
        seen: its price; None if unknown.
        heartbeat: what is known of the running bot; None if it has no API that could be asked.
        on_exchange: True if its stop should rest on the exchange; None to see that from its orders.
    """
    if not trade.holds:
        return Protection(By.NOTHING_HELD)
    if trade.stop is None:
        return Protection(By.NOTHING, "it has no stop at all")
    rests = has_rested(trade) if on_exchange is None else on_exchange
    by = By.EXCHANGE if rests else By.BOT
    why = _uncovered(trade) if rests else None
    if why is not None:
        by = By.NOTHING
    elif seen is not None and seen.source is Source.BOT and beyond(trade.side, seen.price, trade.stop):
        why = f"the price {seen.price:.10g} is at or beyond its stop {trade.stop:.10g}, and it is still held"
    elif by is By.BOT and heartbeat is not None and heartbeat.is_down:
        by, why = By.NOTHING, f"the bot checks its stop, and {heartbeat.says}"
    elif trade.trouble is not None:
        why = f"{trade.stored.detail}; only the stop that Freqtrade has is in force"
    return Protection(by, why)


def has_rested(trade: TradeView) -> bool:
    """Return True if a stop order of a trade rests or has rested on the exchange."""
    return trade.last_stop_order is not None or (trade.state is not None and trade.state.orders.stop is not None)


def _uncovered(trade: TradeView) -> str | None:
    """Return why the stop orders of a trade do not cover it; None if they do."""
    covered = sum(order.remaining for order in trade.stop_orders)
    if covered >= ENOUGH * trade.amount:
        return None
    if covered > 0:
        return f"its stop order is for {covered:.10g} of {trade.amount:.10g}"
    if any(order.kind == _exit_side(trade) for order in trade.resting_orders):
        return "its stop order was canceled for an exit order, which rests unfilled"
    last = trade.last_stop_order
    ended = f": the last one is {last.status}" if last is not None and last.status else ""
    return f"no stop order rests on the exchange{ended}"


def _exit_side(trade: TradeView) -> str:
    return "sell" if trade.side > 0 else "buy"


def sentence(trades: Sequence[tuple[TradeView, Protection]], heartbeat: Heartbeat | None) -> str:
    """Return one sentence: is everything protected right now, and what is not."""
    held = [(trade, protection) for trade, protection in trades if protection.by is not By.NOTHING_HELD]
    exposed = [(trade, protection) for trade, protection in held if not protection.is_protected]
    if exposed:
        named = "; ".join(f"trade {trade.number} {trade.pair}: {protection.why}" for trade, protection in exposed)
        return f"NOT everything is protected, {len(exposed)} of {len(held)}: {named}."
    if not held:
        return "No position is held, so nothing needs protection."
    counts = {by: sum(protection.by is by for _, protection in held) for by in (By.EXCHANGE, By.BOT)}
    parts = []
    if counts[By.EXCHANGE]:
        parts.append(f"{counts[By.EXCHANGE]} by stop orders on the exchange")
    if counts[By.BOT]:
        parts.append(f"{counts[By.BOT]} by the bot itself, {_as_long_as(heartbeat)}")
    return f"Everything is protected: {' and '.join(parts)}."


def _as_long_as(heartbeat: Heartbeat | None) -> str:
    return "as long as it runs, which is not known here" if heartbeat is None else heartbeat.says

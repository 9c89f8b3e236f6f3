"""Refuses to buy again what was bought already, although the answer of the exchange was lost.

Freqtrade makes a trade only of an answered order. With a signal that still stands it would buy again in the next loop,
and nothing would ever sell the first lot. So each entry is written down before Freqtrade makes it. While the exchange
has an order of that side and amount that Freqtrade does not know, the entry is not repeated.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from freqtrade.persistence import Trade
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from robustop_plugin.audit.pending_entries import PendingEntries, PendingEntry
from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.facts.order_search import OrderSearch, UnknownOrder
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.database_health import DatabaseHealth
from robustop_plugin.core.side import LONG

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_SEARCHES = 60.0
"""An unknown order that was found is looked for again at most this often."""


class LostEntries:
    """The first entries of one bot.

    Attributes:
        search: Searches the exchange's orders.
    """

    def __init__(
        self,
        search: OrderSearch,
        precise: Callable[[str, float], float],
        notify: Callable[[str], None],
        health: DatabaseHealth,
    ) -> None:
        """Take the search, the rounding of amounts, what sends messages, and the database's health."""
        self.search = search
        self._health = health
        self._precise = precise
        self._notify = notify
        self._pending: PendingEntries | None = None
        self._refused: dict[str, tuple[float, str]] = {}

    def objection(self, entry: ProposedEntry) -> str | None:
        """Return why an entry is refused; None if the last one of its pair was answered, or never accepted."""
        if self._health.writes_failed:
            return "the database does not take writes in this loop"
        request = self._table().of(entry.pair)
        if request is None:
            self._refused.pop(entry.pair, None)
            return None
        now = entry.now.timestamp()
        since, reason = self._refused.get(entry.pair, (0.0, ""))
        if reason and now - since < SECONDS_BETWEEN_SEARCHES:
            return reason
        if not self._has_trade(request):
            order = self._lost(self.search.unknown_orders(request.pair, request.asked_at), request)
            if order is not None:
                return self._refuse(request, order, now)
        self._refused.pop(entry.pair, None)
        with self._writing():
            self._table().settle(entry.pair)
        return None

    def note(self, entry: ProposedEntry) -> bool:
        """Write an entry down before Freqtrade makes it; return True if that worked."""
        side = "buy" if entry.side == LONG else "sell"
        request = PendingEntry(entry.pair, side, self._precise(entry.pair, entry.amount), entry.now.timestamp())
        try:
            with self._writing():
                self._table().note(request)
        except Exception:
            logger.exception("robustop: the entry into %s is refused: it could not be written down", entry.pair)
            return False
        return True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Note that the database is locked: another try in this loop would only wait for it again."""
        try:
            yield
        except OperationalError:
            self._health.writes_failed = True
            raise

    def _table(self) -> PendingEntries:
        engine: Any = Trade.session.get_bind()
        if self._pending is None:
            self._pending = PendingEntries(engine)
        return self._pending

    @staticmethod
    def _has_trade(request: PendingEntry) -> bool:
        """Return True if a trade was made of a request."""
        asked_at = datetime.fromtimestamp(request.asked_at, tz=UTC).replace(tzinfo=None)
        made = select(Trade.id).where(Trade.pair == request.pair, Trade.open_date >= asked_at).limit(1)
        return Trade.session.execute(made).first() is not None

    @staticmethod
    def _lost(unknown_orders: list[UnknownOrder], request: PendingEntry) -> UnknownOrder | None:
        """Return the order that a request became, unless it was sold again by hand."""
        other = "sell" if request.side == "buy" else "buy"
        left = [order for order in unknown_orders if order.stop_price is None and (order.filled > 0 or order.is_open)]
        bought = [order for order in left if order.is_like(request.side, request.amount)]
        sold = [order for order in left if order.is_like(other, request.amount) and order.filled > 0]
        return bought[len(sold)] if len(bought) > len(sold) else None

    def _refuse(self, request: PendingEntry, order: UnknownOrder, now: float) -> str:
        """Return why the entry is refused; send a message for the first time."""
        state = "rests" if order.is_open else "was filled"
        reason = (
            f"order {order.order_id} to {request.side} {order.amount:g} {state} on the exchange, and Freqtrade does "
            "not know it: nothing protects that position. Close it by hand; `robustop resume` lets entries in again"
        )
        if request.pair not in self._refused:
            logger.error("robustop: unexplained position in %s: %s", request.pair, reason)
            text = f"unexplained position in {request.pair}: {reason}"
            self._notify(Message(text, f"order {order.order_id}"))
        self._refused[request.pair] = (now, reason)
        return reason

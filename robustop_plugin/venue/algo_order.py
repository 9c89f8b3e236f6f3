"""Conditional (algo) orders of futures at the loopback Binance: they wait for a price, then place a real order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.order import GOOD_TILL_CANCELED, LIMIT, MARKET, NEW, ZERO, Order, is_beyond
from robustop_plugin.venue.order_request import OrderRequest, check_force, check_side
from robustop_plugin.venue.params import Query, decimal, flag, text
from robustop_plugin.venue.refusal import Refusal

STOP, STOP_MARKET = "STOP", "STOP_MARKET"
CONTRACT_PRICE, MARK_PRICE = "CONTRACT_PRICE", "MARK_PRICE"
TRIGGERED, FINISHED, REJECTED = "TRIGGERED", "FINISHED", "REJECTED"


class AlgoRequest(NamedTuple):
    """A request for a conditional order.

    Attributes:
        order: the order to place when the trigger price is reached.
        kind: `STOP` for a limit order, `STOP_MARKET` for a market order.
        trigger: trigger price, in the quote currency.
        working: price that triggers it: `CONTRACT_PRICE`, the last price, or `MARK_PRICE`.
        closes: True if it closes the whole position; `order` has no quantity then.
    """

    order: OrderRequest
    kind: str
    trigger: Decimal
    working: str
    closes: bool


@dataclass
class AlgoOrder:
    """A conditional order.

    Attributes:
        number: id of the conditional order.
        request: what was asked for.
        time: time of placement, in milliseconds since the epoch.
        updated: time of the last change, in milliseconds since the epoch.
        ended: final status of one that did not trigger; `REJECTED` if its order was refused; empty otherwise.
        triggered: time at which it triggered, in milliseconds since the epoch; 0 before.
        actual: the order that it placed; None before.
    """

    number: int
    request: AlgoRequest
    time: int
    updated: int
    ended: str = ""
    triggered: int = 0
    actual: Order | None = None

    @property
    def status(self) -> str:
        """Binance's status: `NEW`, `TRIGGERED`, `FINISHED` once the placed order is closed, or how it ended."""
        if self.actual is not None:
            return TRIGGERED if self.actual.is_open else FINISHED
        return self.ended or NEW

    @property
    def client(self) -> str:
        """The order id of the client."""
        return self.request.order.client or f"venue{self.number}"

    @property
    def is_waiting(self) -> bool:
        """Return True if it may still trigger."""
        return not self.triggered and not self.ended

    def end(self, status: str, time: int) -> None:
        """Close it without an order."""
        self.ended, self.updated = status, time


def is_reached(request: AlgoRequest, instrument: Instrument) -> bool:
    """Return True if the price that the request watches is at its trigger price or beyond."""
    tape = instrument.mark if request.working == MARK_PRICE else instrument.tape
    return tape.last is not None and is_beyond(request.order.side, request.trigger, exact(tape.last))


def algo_request(query: Query) -> AlgoRequest:
    """Parse the parameters of a new conditional order.

    Raises:
        Refusal: a parameter is missing, malformed or not supported by the venue.
    """
    if text(query, "algoType") != "CONDITIONAL":
        raise Refusal(-1102, "Mandatory parameter 'algoType' was not sent, was empty/null, or malformed.")
    symbol, side, kind = (text(query, name) for name in ("symbol", "side", "type"))
    check_side(side)
    if kind not in (STOP, STOP_MARKET):
        raise Refusal(-1116, "Invalid orderType.")
    force, working = query.get("timeInForce", GOOD_TILL_CANCELED), query.get("workingType", CONTRACT_PRICE)
    check_force(force)
    if working not in (CONTRACT_PRICE, MARK_PRICE):
        raise Refusal(-1130, "Data sent for parameter 'workingType' is not valid.")
    closes, reduces = flag(query, "closePosition"), flag(query, "reduceOnly")
    if closes and (kind != STOP_MARKET or reduces or "quantity" in query):
        raise Refusal(-1106, "Parameter 'quantity' sent when not required.")
    price = decimal(query, "price") if kind == STOP else ZERO
    quantity = ZERO if closes else decimal(query, "quantity")
    order = OrderRequest(
        symbol,
        side,
        LIMIT if kind == STOP else MARKET,
        quantity,
        price,
        force,
        query.get("clientAlgoId", ""),
        reduces or closes,
    )
    return AlgoRequest(order, kind, decimal(query, "triggerPrice"), working, closes)

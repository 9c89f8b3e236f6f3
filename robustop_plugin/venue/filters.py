"""Order filters of the loopback Binance: price, lot size and notional, as its exchangeInfo announces them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from robustop_plugin.venue import exchange_info, futures_info
from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.order import MARKET, ZERO
from robustop_plugin.venue.order_request import OrderRequest
from robustop_plugin.venue.refusal import Refusal


def check_spot(market: Market, request: OrderRequest, best: Decimal) -> None:
    """Check an order against the spot filters.

    Args:
        market: the pair.
        request: the order.
        best: the best price on the other side of the order book.

    Raises:
        Refusal: -1013 with the name of the broken filter.
    """
    price = request.price if request.kind != MARKET else best
    announced = _by_type(exchange_info.filters_of(market))
    broken = _broken(announced, request, ("LOT_SIZE",) if request.kind == MARKET else ("PRICE_FILTER", "LOT_SIZE"))
    notional = announced["NOTIONAL"]
    cost, most = price * request.quantity, Decimal(notional["maxNotional"])
    if broken is None and (cost < Decimal(notional["minNotional"]) or (request.kind != MARKET and cost > most)):
        broken = "NOTIONAL"
    if broken is not None:
        raise Refusal(-1013, f"Filter failure: {broken}")


def check_futures(market: Market, request: OrderRequest, best: Decimal) -> None:
    """Check an order against the futures filters, each of which has its own error code.

    Args:
        market: the perpetual.
        request: the order.
        best: the best price on the other side of the order book.

    Raises:
        Refusal: the code of the broken filter.
    """
    announced = _by_type(futures_info.filters_of(market))
    lot = announced["MARKET_LOT_SIZE" if request.kind == MARKET else "LOT_SIZE"]
    if request.quantity <= 0:
        raise Refusal(-4003, "Quantity less than or equal to zero.")
    if request.quantity > Decimal(lot["maxQty"]):
        raise Refusal(-4005, "Quantity greater than max quantity.")
    if request.quantity % exact(market.step_size) or request.price % exact(market.tick_size):
        raise Refusal(-1111, "Precision is over the maximum defined for this asset.")
    if request.kind != MARKET and not _within(request.price, announced["PRICE_FILTER"], "Price"):
        code, words = (-4002, "greater than max") if request.price > 0 else (-4001, "less than 0")
        raise Refusal(code, f"Price {words}.")
    least = announced["MIN_NOTIONAL"]["notional"]
    price = request.price or best
    if not request.reduces and price * request.quantity < Decimal(least):
        raise Refusal(-4164, f"Order's notional must be no smaller than {least} (unless you choose reduce only).")


def _by_type(filters: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {entry["filterType"]: entry for entry in filters}


def _broken(announced: dict[str, Any], request: OrderRequest, names: Iterable[str]) -> str | None:
    """Return the name of the first filter that the order breaks; None if it passes all."""
    checks = {
        "PRICE_FILTER": (request.price, "Price", "tickSize"),
        "LOT_SIZE": (request.quantity, "Qty", "stepSize"),
    }
    for name in names:
        value, word, step = checks[name]
        if not _within(value, announced[name], word) or value % Decimal(announced[name][step]):
            return name
    return None


def _within(value: Decimal, bounds: dict[str, Any], word: str) -> bool:
    """Return whether a value is within a filter's minimum and maximum."""
    return max(ZERO, Decimal(bounds[f"min{word}"])) <= value <= Decimal(bounds[f"max{word}"])

"""Order filters of the loopback Binance: price, lot size and notional, as its exchangeInfo announces them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from robustop_plugin.venue import exchange_info, futures_info
from robustop_plugin.venue.algo_order import AlgoRequest
from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.order import BUY, MARKET, ZERO, Order
from robustop_plugin.venue.order_request import OrderRequest
from robustop_plugin.venue.refusal import Refusal


def check_spot(instrument: Instrument, request: OrderRequest, best: Decimal, resting: Sequence[Order]) -> None:
    """Check an order against the spot filters.

    Args:
        instrument: the pair.
        request: the order.
        best: the best price on the other side of the order book.
        resting: open orders of the pair.

    Raises:
        Refusal: -1013 with the name of the broken filter.
    """
    price = request.price if request.kind != MARKET else best
    announced = _by_type(exchange_info.filters_of(instrument))
    broken = _broken(announced, request, ("LOT_SIZE",) if request.kind == MARKET else ("PRICE_FILTER", "LOT_SIZE"))
    notional = announced["NOTIONAL"]
    cost, most = price * request.quantity, Decimal(notional["maxNotional"])
    if broken is None and (cost < Decimal(notional["minNotional"]) or (request.kind != MARKET and cost > most)):
        broken = "NOTIONAL"
    if broken is None and request.kind != MARKET and not _near(instrument, request.price):
        broken = "PERCENT_PRICE_BY_SIDE"
    if broken is None and request.kind != MARKET and len(resting) >= instrument.limits.orders:
        broken = "MAX_NUM_ORDERS"
    if broken is None and request.stop and sum(order.is_waiting for order in resting) >= instrument.limits.stops:
        broken = "MAX_NUM_ALGO_ORDERS"
    if broken is not None:
        raise Refusal(-1013, f"Filter failure: {broken}")


def check_futures(instrument: Instrument, request: OrderRequest, best: Decimal, resting: Sequence[Order]) -> None:
    """Check an order against the futures filters, each of which has its own error code.

    Args:
        instrument: the perpetual.
        request: the order.
        best: the best price on the other side of the order book.
        resting: open orders of the perpetual.

    Raises:
        Refusal: the code of the broken filter.
    """
    market, announced = instrument.market, _by_type(futures_info.filters_of(instrument))
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
    _check_percent(instrument, request, best)
    if request.kind != MARKET and len(resting) >= instrument.limits.orders:
        raise Refusal(-2025, "Reach max open order limit.")


def _near(instrument: Instrument, price: Decimal) -> bool:
    """Return True if a spot price is within PERCENT_PRICE_BY_SIDE of the last price, the venue's average price."""
    last, limits = exact(instrument.tape.last or 0), instrument.limits
    return last * limits.percent_down <= price <= last * limits.percent_up


def _check_percent(instrument: Instrument, request: OrderRequest, best: Decimal) -> None:
    """Refuse a futures order that would trade too far from the mark price: buys above it, sells below it."""
    limits, mark, buys = instrument.limits, exact(instrument.mark.last or 0), request.side == BUY
    bound = mark * (limits.percent_up if buys else limits.percent_down)
    price = best if request.kind == MARKET else request.price
    if price <= bound if buys else price >= bound:
        return
    if request.kind == MARKET:
        message = "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
        raise Refusal(-4131, message)
    code, word = (-4016, "higher") if buys else (-4024, "lower")
    raise Refusal(code, f"Limit price can't be {word} than {bound.normalize():f}.")


def check_algo(instrument: Instrument, request: AlgoRequest, waiting: int) -> None:
    """Check a conditional futures order; its quantity and price are checked again when it triggers.

    Args:
        instrument: the perpetual.
        request: the order.
        waiting: number of open conditional orders of the perpetual.

    Raises:
        Refusal: the code of the broken filter.
    """
    order, steps = request.order, instrument.market
    if order.quantity <= 0 and not request.closes:
        raise Refusal(-4003, "Quantity less than or equal to zero.")
    off_grid = [price % exact(steps.tick_size) for price in (request.trigger, order.price)]
    if any(off_grid) or order.quantity % exact(steps.step_size):
        raise Refusal(-1111, "Precision is over the maximum defined for this asset.")
    if request.trigger <= 0:
        raise Refusal(-4006, "Stop price less than zero.")
    if waiting >= instrument.limits.stops:
        raise Refusal(-4045, "Reach max stop order limit.")


def _by_type(filters: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {entry["filterType"]: entry for entry in filters}


def _broken(announced: dict[str, Any], request: OrderRequest, names: Iterable[str]) -> str | None:
    """Return the name of the first filter that the order breaks; None if it passes all."""
    checks = {
        "PRICE_FILTER": ((request.price, request.stop or request.price), "Price", "tickSize"),
        "LOT_SIZE": ((request.quantity,), "Qty", "stepSize"),
    }
    for name in names:
        values, word, step = checks[name]
        for value in values:
            if not _within(value, announced[name], word) or value % Decimal(announced[name][step]):
                return name
    return None


def _within(value: Decimal, bounds: dict[str, Any], word: str) -> bool:
    """Return whether a value is within a filter's minimum and maximum."""
    return max(ZERO, Decimal(bounds[f"min{word}"])) <= value <= Decimal(bounds[f"max{word}"])

"""Checks of control requests at the loopback Binance: keys, pairs and numbers."""

from decimal import Decimal, InvalidOperation
from typing import Any

from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.instrument import Instrument


def checked(request: Any, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """Return a request that has the required keys and no unknown ones.

    Raises:
        ValueError: a key is missing or unknown, or the request is not an object.
    """
    if not isinstance(request, dict) or not required <= set(request) <= required | optional:
        keys = ", ".join([*sorted(required), *(f"[{name}]" for name in sorted(optional))])
        raise ValueError(f"the request was {request!r}: it must be an object with {keys}")
    return request


def instrument_of(exchange: Exchange, pair: Any) -> Instrument:
    """Return the market of a pair, brought up to now.

    Raises:
        ValueError: the pair is not listed.
    """
    listed = [*exchange.spot.all(), *exchange.futures.all()]
    for instrument in listed:
        if instrument.market.pair == pair:
            return instrument
    pairs = ", ".join(instrument.market.pair for instrument in listed)
    raise ValueError(f"pair was {pair!r}: the venue lists {pairs}")


def perpetual_of(exchange: Exchange, pair: Any) -> Instrument:
    """Return a perpetual that has a price.

    Raises:
        ValueError: the pair is not listed, is a spot pair, or has no price yet.
    """
    instrument = instrument_of(exchange, pair)
    if not instrument.market.settle or instrument.tape.last is None:
        raise ValueError(f"pair was {instrument.market.pair}: it must be a perpetual with a price")
    return instrument


def exact_number(name: str, value: Any, must: str = "a number") -> Decimal:
    """Return a JSON number as an exact decimal.

    Raises:
        ValueError: it is not a finite number.
    """
    try:
        number = Decimal("nan") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{name} was {value!r}: it must be {must}")
    return number


def above_zero(name: str, value: Any) -> Decimal:
    """Return a JSON number above 0 as an exact decimal.

    Raises:
        ValueError: it is not a finite number above 0.
    """
    number = exact_number(name, value) if isinstance(value, int | float) else Decimal(0)
    if number <= 0:
        raise ValueError(f"{name} was {value!r}: it must be a number above 0")
    return number

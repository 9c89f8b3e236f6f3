"""What only the venue has: a price is moved by hand, and its state told.

Errors here are sentences, not Binance's codes: whoever reads them is a person or a test.
"""

import math
from typing import Any

from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.instrument import Instrument

PRICE = "/_control/price"
STATE = "/_control/state"


def move_price(exchange: Exchange, request: Any) -> Any:
    """Make the next trade of a pair: `{"pair": "BTC/USDT", "price": 60123.4}`; return what it trades at now.

    Raises:
        ValueError: the request is none, or the venue replays.
    """
    if not isinstance(request, dict) or set(request) != {"pair", "price"}:
        raise ValueError(f'the request was {request!r}: it must be {{"pair": ..., "price": ...}}')
    instrument = instrument_of(exchange, request["pair"])
    price = request["price"]
    valid = isinstance(price, int | float) and not isinstance(price, bool)
    if not valid or not math.isfinite(price) or price <= 0:
        raise ValueError(f"price was {price!r}: it must be a number above 0")
    if instrument.player is not None:
        raise ValueError("the venue replays candles: prices cannot be moved")
    instrument.move(exchange.now, price)
    return _told(instrument)


def state(exchange: Exchange) -> Any:
    """Return the time and what every pair trades at."""
    instruments = [*exchange.spot.all(), *exchange.futures.all()]
    return {"now": exchange.now, "markets": {one.market.pair: _told(one) for one in instruments}}


def instrument_of(exchange: Exchange, pair: Any) -> Instrument:
    """Return the market of a pair, up to now.

    Raises:
        ValueError: it is not listed.
    """
    listed = [*exchange.spot.all(), *exchange.futures.all()]
    for instrument in listed:
        if instrument.market.pair == pair:
            return instrument
    raise ValueError(f"pair was {pair!r}: the venue lists {', '.join(one.market.pair for one in listed)}")


def _told(instrument: Instrument) -> Any:
    return {
        "last": instrument.tape.last,
        "bid": instrument.bid,
        "ask": instrument.ask,
        "mark": instrument.mark.last,
    }

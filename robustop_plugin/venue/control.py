"""Control endpoints of the loopback Binance: move a price, report the state.

Errors are sentences instead of Binance's codes, because only people and tests read them.
"""

import math
from typing import Any

from robustop_plugin.venue.control_parts import instrument_of, perpetual_of
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.instrument import Instrument

PRICE = "/_control/price"
MARK = "/_control/mark"
STATE = "/_control/state"


def move_price(exchange: Exchange, request: Any) -> Any:
    """Trade a pair at a price, `{"pair": "BTC/USDT", "price": 60123.4}`, and return its new prices.

    Raises:
        ValueError: the request is invalid, or the venue replays candles.
    """
    instrument, price = _pair_and_price(exchange, request)
    if instrument.player is not None:
        raise ValueError("the venue replays candles: prices cannot be moved")
    instrument.move(exchange.now, price)
    return _prices(instrument)


def move_mark(exchange: Exchange, request: Any) -> Any:
    """Change a perpetual's mark price alone, until the next trade: `{"pair": "BTC/USDT:USDT", "price": 60123.4}`.

    Raises:
        ValueError: the request is invalid, or the pair has no mark price.
    """
    _, price = _pair_and_price(exchange, request)
    instrument = perpetual_of(exchange, request["pair"])
    instrument.move_mark(exchange.now, price)
    return _prices(instrument)


def state(exchange: Exchange) -> Any:
    """Return the time, in milliseconds since the epoch, and the prices of every pair."""
    instruments = [*exchange.spot.all(), *exchange.futures.all()]
    return {"now": exchange.now, "markets": {instrument.market.pair: _prices(instrument) for instrument in instruments}}


def _pair_and_price(exchange: Exchange, request: Any) -> tuple[Instrument, float]:
    if not isinstance(request, dict) or set(request) != {"pair", "price"}:
        raise ValueError(f'the request was {request!r}: it must be {{"pair": ..., "price": ...}}')
    instrument = instrument_of(exchange, request["pair"])
    price = request["price"]
    valid = isinstance(price, int | float) and not isinstance(price, bool)
    if not valid or not math.isfinite(price) or price <= 0:
        raise ValueError(f"price was {price!r}: it must be a number above 0")
    return instrument, float(price)


def _prices(instrument: Instrument) -> Any:
    return {
        "last": instrument.tape.last,
        "bid": instrument.bid,
        "ask": instrument.ask,
        "mark": instrument.mark.last,
    }

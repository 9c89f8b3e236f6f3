"""Control endpoints of the loopback Binance for markets: paths of prices, spreads, halts and delistings."""

from collections import deque
from typing import Any

from robustop_plugin.venue.control_parts import above_zero, checked, exact_number, instrument_of
from robustop_plugin.venue.exchange import Exchange

PATH, SPREAD, LISTING = "/_control/path", "/_control/spread", "/_control/listing"
MOST_TICKS = 100_000
WIDEST = 1_000_000  # ticks
SECOND = 1000  # milliseconds


def play_path(exchange: Exchange, request: Any) -> Any:
    """Trade a pair along a list of prices, the first one now and one more every `interval` seconds.

    `{"pair": "BTC/USDT", "prices": [60000, 59000], "interval": 0.5}`. A new path replaces the rest of the old one.

    Raises:
        ValueError: the request is invalid, or the venue replays candles.
    """
    request = checked(request, {"pair", "prices"}, {"interval"})
    instrument, prices = instrument_of(exchange, request["pair"]), request["prices"]
    interval = exact_number("interval", request.get("interval", 1))
    if not isinstance(prices, list) or not 0 < len(prices) <= MOST_TICKS:
        raise ValueError(f"prices was {prices!r}: it must be a list of 1 to {MOST_TICKS} prices")
    if interval < 0:
        raise ValueError(f"interval was {interval}: it must be at least 0")
    if instrument.player is not None:
        raise ValueError("the venue replays candles: prices cannot be moved")
    now, pause = exchange.now, interval * SECOND
    ticks = [
        instrument.tick(now + int(number * pause), float(above_zero("a price", price)))
        for number, price in enumerate(prices)
    ]
    instrument.path = deque(ticks)
    instrument.catch_up(now)
    return {"pair": instrument.market.pair, "left": len(instrument.path), "ends": ticks[-1].time}


def set_spread(exchange: Exchange, request: Any) -> Any:
    """Set the distance of a pair's bid and ask, in ticks around the last price: `{"pair": "BTC/USDT", "ticks": 10}`."""
    request = checked(request, {"pair", "ticks"})
    ticks = request["ticks"]
    if not isinstance(ticks, int) or isinstance(ticks, bool) or not 1 <= ticks <= WIDEST:
        raise ValueError(f"ticks was {ticks!r}: it must be a whole number from 1 to {WIDEST}")
    instrument = instrument_of(exchange, request["pair"])
    instrument.spread = ticks
    return {"bid": instrument.bid, "ask": instrument.ask}


def set_listing(exchange: Exchange, request: Any) -> Any:
    """Halt a pair, let it trade again, or announce its delisting.

    `{"pair": "BTC/USDT", "halted": true}` refuses orders and keeps those that rest, until `false`.
    `{"pair": "BTC/USDT", "delist_in": 60}` announces that it stops trading in as many seconds, null takes it back.
    Then its open orders and stops expire.
    """
    request = checked(request, {"pair"}, {"halted", "delist_in"})
    instrument = instrument_of(exchange, request["pair"])
    halted = request.get("halted", instrument.listing.halted)
    if halted not in (True, False):
        raise ValueError(f"halted was {halted!r}: it must be true or false")
    instrument.listing.halted = bool(halted)
    if "delist_in" in request:
        seconds = request["delist_in"]
        wait = None if seconds is None else exact_number("delist_in", seconds)
        instrument.listing.ends = None if wait is None else exchange.now + int(wait * SECOND)
        instrument.catch_up(exchange.now)
    return {"trades": instrument.listing.trades(exchange.now), "ends": instrument.listing.ends}


def state(exchange: Exchange) -> Any:
    """Return the pairs with scheduled prices and how many are left, and the pairs that do not trade."""
    listed = [*exchange.spot.all(), *exchange.futures.all()]
    return {
        "paths": {instrument.market.pair: len(instrument.path) for instrument in listed if instrument.path},
        "halted": [instrument.market.pair for instrument in listed if not instrument.listing.trades(exchange.now)],
    }

"""Quotes of the loopback Binance: tickers, best bid and ask, order book."""

from typing import Any

from robustop_plugin.venue.decimals import number, on_grid_one
from robustop_plugin.venue.history import CLOSE, HIGH, LOW, OPEN, VOLUME
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.intervals import DAY

DEPTH_OF_A_LEVEL = 1_000_000.0  # notional at each level of the order book, in the quote currency
NO_PRICE = number(0)

Answer = dict[str, Any]


def day_ticker(instrument: Instrument, now: int) -> Answer:
    """Return the fields of ticker/24hr that spot and futures share."""
    tape = instrument.tape
    values = tape.candles(tape.interval, now - DAY, now).rows
    if not len(values):
        values = tape.candles(tape.interval, 0, now).rows[-1:]
    first, last = (values[0][OPEN], values[-1][CLOSE]) if len(values) else (0.0, 0.0)
    volume, turnover = values[:, VOLUME].sum(), (values[:, VOLUME] * values[:, CLOSE]).sum()
    return {
        "symbol": instrument.market.symbol,
        "priceChange": number(last - first),
        "priceChangePercent": f"{100 * (last / first - 1) if first else 0:.3f}",
        "weightedAvgPrice": number(turnover / volume if volume else last),
        "lastPrice": number(last),
        "lastQty": number(instrument.market.step_size),
        "openPrice": number(first),
        "highPrice": number(values[:, HIGH].max(initial=0)),
        "lowPrice": number(values[:, LOW].min() if len(values) else 0),
        "volume": number(volume),
        "quoteVolume": number(turnover),
        "openTime": now - DAY,
        "closeTime": now,
        "firstId": 1,
        "lastId": len(values),
        "count": len(values),
    }


def best_offers(instrument: Instrument) -> Answer:
    """Return the best bid and ask, as in ticker/bookTicker."""
    bid, ask = instrument.bid, instrument.ask
    return {
        "symbol": instrument.market.symbol,
        "bidPrice": _price(bid),
        "bidQty": _quantity(instrument, bid),
        "askPrice": _price(ask),
        "askQty": _quantity(instrument, ask),
    }


def last_price(instrument: Instrument) -> Answer:
    """Return the last price, as in ticker/price."""
    return {"symbol": instrument.market.symbol, "price": _price(instrument.tape.last)}


def order_book(instrument: Instrument, limit: int) -> Answer:
    """Return `limit` bids and asks, one tick apart and each with a large quantity."""
    bid, ask, tick = instrument.bid, instrument.ask, instrument.market.tick_size
    if bid is None or ask is None:
        return {"lastUpdateId": 1, "bids": [], "asks": []}
    below = min(limit, round(bid / tick))
    bids = [instrument.at(bid, -level) for level in range(below)]
    asks = [instrument.at(ask, level) for level in range(limit)]
    return {
        "lastUpdateId": 1,
        "bids": [[number(price), _quantity(instrument, price)] for price in bids],
        "asks": [[number(price), _quantity(instrument, price)] for price in asks],
    }


def _price(price: float | None) -> str:
    return NO_PRICE if price is None else number(price)


def _quantity(instrument: Instrument, price: float | None) -> str:
    """Return the quantity at a level of the order book, in the base currency."""
    if price is None:
        return NO_PRICE
    return number(on_grid_one(DEPTH_OF_A_LEVEL / price, instrument.market.step_size))

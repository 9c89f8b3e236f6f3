"""Public spot endpoints of the loopback Binance, /api/v3."""

from typing import Any

from robustop_plugin.venue import endpoint, klines, quotes
from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.endpoint import Endpoints, one_or_all
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.exchange_info import exchange_info
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.params import Query, integer, text

MOST_KLINES = 1000
DEFAULT_DEPTH, MOST_DEPTH = 100, 5000


def _exchange_info(exchange: Exchange, query: Query) -> Any:
    return exchange_info(endpoint.asked(exchange.spot, query), exchange.now)


def _klines(exchange: Exchange, query: Query) -> Any:
    return klines.klines(exchange.spot.of(text(query, "symbol")).tape, query, MOST_KLINES)


def _day_ticker(exchange: Exchange, query: Query) -> Any:
    def answer(instrument: Instrument) -> Any:
        ticker = quotes.day_ticker(instrument, exchange.now)
        return {**ticker, "prevClosePrice": ticker["openPrice"], **quotes.best_offers(instrument)}

    return one_or_all(exchange.spot, query, answer)


def _best_offers(exchange: Exchange, query: Query) -> Any:
    return one_or_all(exchange.spot, query, quotes.best_offers)


def _last_price(exchange: Exchange, query: Query) -> Any:
    return one_or_all(exchange.spot, query, quotes.last_price)


def _average_price(exchange: Exchange, query: Query) -> Any:
    price = exchange.spot.of(text(query, "symbol")).tape.last
    return {"mins": 5, "price": number(price or 0), "closeTime": exchange.now}


def _depth(exchange: Exchange, query: Query) -> Any:
    limit = min(MOST_DEPTH, integer(query, "limit") or DEFAULT_DEPTH)
    return quotes.order_book(exchange.spot.of(text(query, "symbol")), limit)


ENDPOINTS: Endpoints = {
    "/api/v3/ping": endpoint.ping,
    "/api/v3/time": endpoint.server_time,
    "/api/v3/exchangeInfo": _exchange_info,
    "/api/v3/klines": _klines,
    "/api/v3/ticker/24hr": _day_ticker,
    "/api/v3/ticker/bookTicker": _best_offers,
    "/api/v3/ticker/price": _last_price,
    "/api/v3/avgPrice": _average_price,
    "/api/v3/depth": _depth,
}

"""Public USD-M futures endpoints of the loopback Binance, /fapi."""

from operator import itemgetter
from typing import Any

from robustop_plugin.venue import endpoint, klines, quotes
from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.endpoint import Endpoints, one_or_all
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.funding import NEUTRAL, next_funding
from robustop_plugin.venue.futures_info import futures_info
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal, out_of_range

MOST_KLINES = 1500
DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
DEFAULT_DEPTH = 500
MOST_RATES = 1000
DEFAULT_RATES = 100


def _exchange_info(exchange: Exchange, _: Query) -> Any:
    return futures_info(exchange.futures.all(), exchange.now)


def _klines(exchange: Exchange, query: Query) -> Any:
    instrument = _instrument_with_limit(exchange, query, MOST_KLINES)
    return klines.klines(instrument.tape, query, MOST_KLINES)


def _mark_klines(exchange: Exchange, query: Query) -> Any:
    instrument = _instrument_with_limit(exchange, query, MOST_KLINES)
    # Mark price files are hourly or coarser, so shorter candles come from trade prices.
    tape = instrument.mark if instrument.mark.offers(query.get("interval", "")) else instrument.tape
    return klines.without_volume(klines.klines(tape, query, MOST_KLINES))


def _instrument_with_limit(exchange: Exchange, query: Query, most: int) -> Instrument:
    if (integer(query, "limit") or 1) > most:
        raise out_of_range("limit")
    return exchange.futures.of(text(query, "symbol"))


def _day_ticker(exchange: Exchange, query: Query) -> Any:
    # Unlike spot, the futures ticker has no bid and ask.
    return one_or_all(exchange.futures, query, lambda instrument: quotes.day_ticker(instrument, exchange.now))


def _best_offers(exchange: Exchange, query: Query) -> Any:
    return one_or_all(
        exchange.futures, query, lambda instrument: {**quotes.best_offers(instrument), "time": exchange.now}
    )


def _last_price(exchange: Exchange, query: Query) -> Any:
    return one_or_all(
        exchange.futures, query, lambda instrument: {**quotes.last_price(instrument), "time": exchange.now}
    )


def _depth(exchange: Exchange, query: Query) -> Any:
    limit = integer(query, "limit") or DEFAULT_DEPTH
    if limit not in DEPTHS:
        raise Refusal(-4021, f"{limit} is not valid depth limit.")
    book = quotes.order_book(exchange.futures.of(text(query, "symbol")), limit)
    return {**book, "E": exchange.now, "T": exchange.now}


def _premium_index(exchange: Exchange, query: Query) -> Any:
    def answer(instrument: Instrument) -> Any:
        mark = number(instrument.mark.last or 0)
        return {
            "symbol": instrument.market.symbol,
            "markPrice": mark,
            "indexPrice": mark,
            "estimatedSettlePrice": mark,
            "lastFundingRate": number(instrument.funding.last(exchange.now)),
            "interestRate": number(NEUTRAL),
            "nextFundingTime": next_funding(exchange.now),
            "time": exchange.now,
        }

    return one_or_all(exchange.futures, query, answer)


def _funding_rate(exchange: Exchange, query: Query) -> Any:
    start, end = integer(query, "startTime"), integer(query, "endTime")
    limit = min(MOST_RATES, integer(query, "limit") or DEFAULT_RATES)
    answer: list[dict[str, Any]] = []
    for instrument in endpoint.asked(exchange.futures, query):
        settled = [
            rate
            for rate in instrument.funding.settled(exchange.now)
            if (start or 0) <= rate.time and (end is None or rate.time <= end)
        ]
        answer += [
            {
                "symbol": instrument.market.symbol,
                "fundingTime": rate.time,
                "fundingRate": number(rate.rate),
                "markPrice": number(instrument.mark.last or 0),
            }
            for rate in settled
        ]
    answer.sort(key=itemgetter("fundingTime"))
    return answer[:limit] if start is not None else answer[-limit:]


def _funding_info(_: Exchange, __: Query) -> Any:
    # Binance lists only perpetuals with an unusual funding schedule here.
    return []


ENDPOINTS: Endpoints = {
    "/fapi/v1/ping": endpoint.ping,
    "/fapi/v1/time": endpoint.server_time,
    "/fapi/v1/exchangeInfo": _exchange_info,
    "/fapi/v1/klines": _klines,
    "/fapi/v1/markPriceKlines": _mark_klines,
    "/fapi/v1/ticker/24hr": _day_ticker,
    "/fapi/v1/ticker/bookTicker": _best_offers,
    "/fapi/v1/ticker/price": _last_price,
    "/fapi/v2/ticker/price": _last_price,
    "/fapi/v1/depth": _depth,
    "/fapi/v1/premiumIndex": _premium_index,
    "/fapi/v1/fundingRate": _funding_rate,
    "/fapi/v1/fundingInfo": _funding_info,
}

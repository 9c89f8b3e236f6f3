"""Other endpoints of the loopback Binance that Freqtrade's defaults request; most answer empty lists."""

from typing import Any

from robustop_plugin.venue import endpoint
from robustop_plugin.venue.endpoint import Endpoints
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.params import Query


def _nothing(_: Exchange, __: Query) -> Any:
    return []


def _no_contracts(exchange: Exchange, _: Query) -> Any:
    lists: dict[str, list[Any]] = {"rateLimits": [], "exchangeFilters": [], "symbols": []}
    return {"timezone": "UTC", "serverTime": exchange.now, **lists}


def _no_options(exchange: Exchange, query: Query) -> Any:
    lists: dict[str, list[Any]] = {"optionContracts": [], "optionAssets": [], "optionSymbols": []}
    return {**_no_contracts(exchange, query), **lists}


def _coins(exchange: Exchange, _: Query) -> Any:
    sections = (exchange.spot, exchange.futures)
    markets = [instrument.market for section in sections for instrument in section.all()]
    names = sorted({name for market in markets for name in (market.base, market.quote)})
    balance = dict.fromkeys(("free", "freeze", "locked", "ipoable", "ipoing", "storage", "withdrawing"), "0")
    return [
        {"coin": name, "name": name, "trading": True, "isLegalMoney": False, **balance, "networkList": []}
        for name in names
    ]


def _delist_schedule(exchange: Exchange, _: Query) -> Any:
    return [
        {"delistTime": instrument.listing.ends, "symbols": [instrument.market.symbol]}
        for instrument in exchange.spot.all()
        if instrument.listing.ends is not None
    ]


def _system_status(_: Exchange, __: Query) -> Any:
    return {"status": 0, "msg": "normal"}


ENDPOINTS: Endpoints = {
    "/sapi/v1/margin/allPairs": _nothing,
    "/sapi/v1/margin/isolated/allPairs": _nothing,
    "/sapi/v1/capital/config/getall": _coins,
    "/sapi/v1/spot/delist-schedule": _delist_schedule,
    "/sapi/v1/system/status": _system_status,
    "/dapi/v1/ping": endpoint.ping,
    "/dapi/v1/time": endpoint.server_time,
    "/dapi/v1/exchangeInfo": _no_contracts,
    "/eapi/v1/exchangeInfo": _no_options,
}

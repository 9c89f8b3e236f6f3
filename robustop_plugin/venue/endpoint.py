"""Endpoint types of the loopback Binance: functions of the exchange and a request's parameters."""

from collections.abc import Callable
from typing import Any

from robustop_plugin.venue.exchange import Exchange, Section
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.params import Query, symbols

Endpoint = Callable[[Exchange, Query], Any]
Endpoints = dict[str, Endpoint]
"""Public endpoints by path; all answer GET."""
SignedEndpoints = dict[tuple[str, str], Endpoint]
"""Private endpoints by method and path; requests must be signed."""


def one_or_all(section: Section, query: Query, answer: Callable[[Instrument], Any]) -> Any:
    """Return the answer for `symbol`, or a list of answers for `symbols` or all markets."""
    if "symbol" in query:
        return answer(section.of(query["symbol"]))
    return [answer(instrument) for instrument in asked(section, query)]


def asked(section: Section, query: Query) -> list[Instrument]:
    """Return the markets that `symbol` or `symbols` name, or all markets without either."""
    if "symbol" in query:
        return [section.of(query["symbol"])]
    names = symbols(query)
    return section.all() if names is None else [section.of(name) for name in names]


def ping(_: Exchange, __: Query) -> Any:
    """Answer an empty object."""
    return {}


def server_time(exchange: Exchange, _: Query) -> Any:
    """Answer the exchange's time, in milliseconds since the epoch."""
    return {"serverTime": exchange.server_time}

"""What an address of the venue is: a function of the exchange and a request's parameters."""

from collections.abc import Callable
from typing import Any

from robustop_plugin.venue.exchange import Exchange, Section
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.params import Query, symbols

Endpoint = Callable[[Exchange, Query], Any]
Endpoints = dict[str, Endpoint]
"""By path; all of them answer GET."""
SignedEndpoints = dict[tuple[str, str], Endpoint]
"""By method and path; the request has to be signed."""


def one_or_all(section: Section, query: Query, tell: Callable[[Instrument], Any]) -> Any:
    """Return what `tell` says of the one market of `symbol`, those of `symbols`, or all."""
    if "symbol" in query:
        return tell(section.of(query["symbol"]))
    return [tell(instrument) for instrument in asked(section, query)]


def asked(section: Section, query: Query) -> list[Instrument]:
    """Return the markets that `symbol` or `symbols` name, all without either."""
    if "symbol" in query:
        return [section.of(query["symbol"])]
    names = symbols(query)
    return section.all() if names is None else [section.of(name) for name in names]


def ping(_: Exchange, __: Query) -> Any:
    """Answer that somebody is there."""
    return {}


def server_time(exchange: Exchange, _: Query) -> Any:
    """Answer the exchange's clock."""
    return {"serverTime": exchange.now}

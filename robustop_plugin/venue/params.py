"""Request parameters of the loopback Binance, parsed as Binance does."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from robustop_plugin.venue.refusal import malformed, malformed_decimal, missing

Query = Mapping[str, str]

DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)


def text(query: Query, name: str) -> str:
    """Return a mandatory parameter.

    Raises:
        Refusal: the parameter is missing.
    """
    value = query.get(name)
    if not value:
        raise missing(name)
    return value


def integer(query: Query, name: str) -> int | None:
    """Return an optional integer parameter; None if it was not sent.

    Raises:
        Refusal: the parameter is not an integer.
    """
    value = query.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise malformed(name)
    return int(value)


def decimal(query: Query, name: str) -> Decimal:
    """Return a mandatory price or quantity parameter.

    Raises:
        Refusal: the parameter is missing or not a decimal.
    """
    value = text(query, name)
    if DECIMAL.fullmatch(value) is None:
        raise malformed_decimal(name)
    return Decimal(value)


def flag(query: Query, name: str) -> bool:
    """Return an optional parameter that is `true` or `false`; False if it was not sent."""
    return query.get(name, "false").lower() == "true"


def symbols(query: Query) -> list[str] | None:
    """Return the parameter `symbols`, a JSON list; None if it was not sent.

    Raises:
        Refusal: the parameter is not a JSON list.
    """
    if "symbols" not in query:
        return None
    try:
        names = json.loads(query["symbols"])
    except json.JSONDecodeError:
        raise malformed("symbols") from None
    if not isinstance(names, list):
        raise malformed("symbols")
    return [str(name) for name in names]

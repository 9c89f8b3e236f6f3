"""Parameters of a request, as Binance reads them."""

import json
from collections.abc import Mapping

from robustop_plugin.venue.refusal import malformed, missing

Query = Mapping[str, str]


def text(query: Query, name: str) -> str:
    """Return a mandatory parameter.

    Raises:
        Refusal: it is missing.
    """
    value = query.get(name)
    if not value:
        raise missing(name)
    return value


def integer(query: Query, name: str) -> int | None:
    """Return a number, or None where it was not sent.

    Raises:
        Refusal: it is none.
    """
    value = query.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise malformed(name)
    return int(value)


def symbols(query: Query) -> list[str] | None:
    """Return the parameter `symbols`, a list written as JSON; None where it was not sent.

    Raises:
        Refusal: it is no list.
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

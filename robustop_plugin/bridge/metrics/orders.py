"""Counts the orders that a bot sends to its exchange, those that are refused, and those whose answer is lost."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import ccxt
from freqtrade.exceptions import DependencyException, OperationalException, TemporaryError

from robustop_plugin.metrics.catalogue import LOST, OTHER_ORDER, REFUSED, STOP_ORDER
from robustop_plugin.metrics.counters import Counters

SENDS = {"create_order": OTHER_ORDER, "create_stoploss": STOP_ORDER}
"""The methods of Freqtrade's exchange that send orders, and the kind of their orders."""
TOO_OFTEN = (ccxt.DDoSProtection, ccxt.RateLimitExceeded)
"""The answers of an exchange that is asked too often: it has taken no order."""
FAILURES = (DependencyException, TemporaryError, OperationalException)


def count_orders(exchange: Any, counters: Counters) -> Callable[[], None]:
    """Count the orders of an exchange from now on; return what ends that."""
    for name, kind in SENDS.items():
        setattr(exchange, name, _counted(getattr(exchange, name), kind, counters))

    def end() -> None:
        for name in SENDS:
            vars(exchange).pop(name, None)

    return end


def _counted(send: Callable[..., Any], kind: str, counters: Counters) -> Callable[..., Any]:
    @wraps(send)
    def counted(*args: Any, **kwargs: Any) -> Any:
        counters.add("robustop_orders_total", kind)
        try:
            return send(*args, **kwargs)
        except FAILURES as error:
            counters.add("robustop_order_conflicts_total", conflict_of(error))
            raise

    return counted


def conflict_of(error: Exception) -> str:
    """Return `lost` if it is unknown whether the exchange has the order, as no answer came; else `refused`."""
    cause = error.__cause__
    silent = isinstance(cause, ccxt.NetworkError) and not isinstance(cause, TOO_OFTEN)
    return LOST if silent else REFUSED

"""Turns robustop's own errors into "no change": the stop in force stays, and the error is reported."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from freqtrade.persistence import Trade

logger = logging.getLogger(__name__)

Method = TypeVar("Method", bound=Callable[..., Any])


class AnswersFreqtrade(Protocol):
    """What the barrier needs of the object whose methods it wraps."""

    @property
    def lock(self) -> AbstractContextManager[Any] | None:
        """Held during each call; None in a backtest, where nothing else asks and trades keep their numbers."""

    @property
    def meet(self) -> Callable[[Trade], None]:
        """Check the identity of a trade, called before the method."""

    @property
    def report_error(self) -> Callable[[Trade, datetime, str], None]:
        """Report an error that was survived."""


def returns_none_on_error(method: Method) -> Method:
    """Make a method return None if it fails, which Freqtrade takes as "no change". Only one thread runs at a time."""

    @wraps(method)
    def protected(owner: AnswersFreqtrade, trade: Any, *args: Any) -> Any:
        try:
            if owner.lock is None:
                return method(owner, trade, *args)
            with owner.lock:
                owner.meet(trade)
                return method(owner, trade, *args)
        except Exception as error:
            logger.exception("robustop: %s failed for %s; the stop in force stays", method.__name__, trade.pair)
            with suppress(Exception):
                now = next(value for value in args if isinstance(value, datetime))
                owner.report_error(trade, now, f"{method.__name__}: {error!r}")
            return None

    return cast("Method", protected)

"""Turns robustop's own errors into "no change": the stop in force stays, and the error is reported."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from freqtrade.persistence import Trade

from robustop_plugin.bridge.state.breaker import Breaker

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
    def breaker(self) -> Breaker:
        """Counts and reports errors, and pauses a method that fails again and again."""


def returns_none_on_error(method: Method) -> Method:
    """Make a method return None if it fails, which Freqtrade takes as "no change". Only one thread runs at a time."""
    name = method.__name__

    @wraps(method)
    def protected(owner: AnswersFreqtrade, trade: Any, *args: Any) -> Any:
        try:
            if owner.lock is None:
                return method(owner, trade, *args)
            with owner.lock:
                owner.meet(trade)
                if owner.breaker.is_paused(trade, name):
                    return None
                answer = method(owner, trade, *args)
                owner.breaker.succeeded(trade, name, _moment(args))
                return answer
        except Exception as error:
            is_new = True
            with suppress(Exception):
                is_new = owner.breaker.failed(trade, name, _moment(args), error)
            if is_new:
                logger.exception("robustop: %s failed for %s; the stop in force stays", name, trade.pair)
            return None

    return cast("Method", protected)


def _moment(args: tuple[Any, ...]) -> datetime | None:
    """Return the moment of a call; None if it names none."""
    return next((value for value in args if isinstance(value, datetime)), None)


def survive_each(*parts: Callable[[], None]) -> None:
    """Call each part of what begins a loop; one that fails stops neither the others nor Freqtrade."""
    for part in parts:
        try:
            part()
        except Exception:
            logger.exception("robustop: a part of the beginning of the loop failed; the next loop tries again")

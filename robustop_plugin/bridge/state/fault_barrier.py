"""robustop survives its own errors: the stop in force stays, and the error is told."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from freqtrade.persistence import Trade

logger = logging.getLogger(__name__)

Ask = TypeVar("Ask", bound=Callable[..., Any])


class Reports(Protocol):
    """Answers Freqtrade, and can report an error."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while Freqtrade is answered."""

    @property
    def meet(self) -> Callable[[Trade], None]:
        """Take a trade that Freqtrade asks about."""

    @property
    def report_error(self) -> Callable[[Trade, datetime, str], None]:
        """Tell of an error that was survived."""


def returns_none_on_error(ask: Ask) -> Ask:
    """Answer None where `ask` fails: to the host that is "no change". One thread is answered at a time."""

    @wraps(ask)
    def asked(desk: Reports, trade: Any, *args: Any) -> Any:
        try:
            with desk.lock:
                desk.meet(trade)
                return ask(desk, trade, *args)
        except Exception as error:
            logger.exception("robustop: %s failed for %s; the stop in force stays", ask.__name__, trade.pair)
            with suppress(Exception):
                now = next(value for value in args if isinstance(value, datetime))
                desk.report_error(trade, now, f"{ask.__name__}: {error!r}")
            return None

    return cast("Ask", asked)

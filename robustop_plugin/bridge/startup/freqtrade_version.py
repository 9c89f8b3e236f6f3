"""Which releases of Freqtrade robustop was tested with: older ones are refused, others get one line in the log."""

import logging
import re
from collections.abc import Iterator
from functools import cache

import freqtrade

logger = logging.getLogger(__name__)

OLDEST, NEWEST = (2026, 4), (2026, 9)
"""Year and month of the releases that `make compatibility` tests; every release between them is tested too."""

TESTED = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"


def month_of(version: str) -> tuple[int, int] | None:
    """Return year and month of a release, `2026.5.1` or `2026.10-dev`; None for any other text."""
    found = re.match(r"(\d{4})\.(\d{1,2})(?!\d)", version)
    return (int(found[1]), int(found[2])) if found else None


def too_old(version: str | None = None) -> Iterator[str]:
    """Yield one sentence if Freqtrade is older than the oldest tested release, with what to do.

    Args:
        version: the version; None for that of the installed Freqtrade.
    """
    version = freqtrade.__version__ if version is None else version
    month = month_of(version)
    if month is not None and month < OLDEST:
        yield (
            f"Freqtrade was {version}: robustop needs {OLDEST[0]}.{OLDEST[1]} or newer; update Freqtrade "
            "(pip install --upgrade freqtrade, or ./setup.sh --update in a clone of it)."
        )


def note_if_untested() -> None:
    """Log one line if the installed Freqtrade is not one of the tested releases; once in each process."""
    _note(freqtrade.__version__)


@cache
def _note(version: str) -> None:
    month = month_of(version)
    if month is None or not OLDEST <= month <= NEWEST or "dev" in version:
        logger.warning(
            "robustop was tested with Freqtrade %s; this is %s: backtest and dry-run your strategy before you trade "
            "with it, or install a tested release",
            TESTED,
            version,
        )

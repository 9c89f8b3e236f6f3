"""A trade database that Freqtrade has open for a while, and lets go of afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import _CustomData


@contextmanager
def open_database_of_host(url: str) -> Iterator[str]:
    """Let Freqtrade use a trade database; without an error, it goes back to none."""
    # A backtest before this one may have left custom data in memory.
    Backtesting.cleanup()
    init_db(url)
    yield url
    Trade.session.remove()
    _CustomData.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")

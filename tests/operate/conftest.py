"""Trade databases that the real Freqtrade and robustop's bridge have written, for commands that look from outside."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import PairLocks, Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import _CustomData

from tests.bridge.conftest import host, loopback
from tests.support.host import Host
from tests.support.written_trades import Writer

__all__ = ["host", "loopback"]

Open = Callable[..., Writer]


@pytest.fixture
def writing(host: Host) -> Iterator[Open]:
    """Return a function that opens a database by its URL and starts a bot on it."""

    def open_(url: str, **over: Any) -> Writer:
        Backtesting.cleanup()
        init_db(url)
        return Writer(host, url, **over)

    yield open_
    PairLocks.reset_locks()
    Trade.session.remove()
    _CustomData.session.remove()
    disable_database_use("5m")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a new trade database."""
    return f"sqlite:///{tmp_path / 'trades.sqlite'}"


@pytest.fixture
def writer(writing: Open, sqlite_url: str) -> Writer:
    """Return a bot on a trade database in a file."""
    return writing(sqlite_url)

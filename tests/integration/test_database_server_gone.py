"""A real bot whose database server is gone: Freqtrade ends, the stop stays on the exchange, the next start goes on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from robustop_plugin.venue.overlay import live, proxy_overlay
from tests.support.bot import Bot, move_price
from tests.support.kept_stops import SOURCE, SPOT, fills, loops, stops, trading
from tests.support.postgres import new_database, server

SECONDS_TO_END = 60


class Server:
    """A database that other programs can be locked out of."""

    def __init__(self, url: str) -> None:
        """Make the database."""
        self.database = new_database(url)
        self._name = self.database.rsplit("/", 1)[1]
        self._admin = sa.create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")

    def serve(self, *, allowed: bool) -> None:
        """Let sessions begin again, or end all and let none begin, as a server does that is shut down."""
        ends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
        with self._admin.connect() as connection:
            connection.execute(sa.text(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {allowed}"))
            if not allowed:
                assert connection.execute(sa.text(ends), {"name": self._name}).scalar_one() > 0


@pytest.fixture
def database() -> Iterator[Server]:
    """Return a database of a PostgreSQL server."""
    with server() as url:
        yield Server(url)


def test_the_next_start_goes_on(tmp_path: Path, database: Server) -> None:
    """The order that rests is the protection meanwhile; nothing is sold or placed twice, and the trail goes on."""
    source = SOURCE.replace("CAN_SHORT", "False").replace("PARTIALS", "[]").replace("SIGNAL", "0")
    with trading() as (venue, url):
        overlay = live(proxy_overlay(str(venue.proxy_url), [SPOT]))
        in_utc = f"{database.database}?options=-c%20timezone%3DUTC"
        bot = Bot(tmp_path, overlay, "Kept", source, stake_amount=1000, db_url=in_utc)
        try:
            bot.start()
            bot.rest("/forceenter", "POST", {"pair": SPOT})
            first = bot.eventually(lambda: stops(url), "the stop")
            loops(bot, 2)
            database.serve(allowed=False)
            wait_for_the_end(bot)
            assert stops(url) == first
            database.serve(allowed=True)
            bot.start()
            loops(bot, 2)
            assert stops(url) == first
            move_price(url, SPOT, 63000)
            (trail,) = bot.eventually(lambda: stops(url) not in ([], first) and stops(url), "the trail")
            assert trail > first[0]
            assert [side for side, _ in fills(url)] == ["BUY"]
        finally:
            bot.kill()


def wait_for_the_end(bot: Bot) -> None:
    """Wait until Freqtrade has ended by itself."""
    deadline = time.monotonic() + SECONDS_TO_END
    while bot.is_alive:
        assert time.monotonic() < deadline, "Freqtrade goes on without its database"
        time.sleep(0.1)

"""`robustop panic` and `robustop resume` on a trade database in a real PostgreSQL."""

import subprocess
from collections.abc import Iterator
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade, disable_database_use, init_db

from robustop_plugin.audit.requests import EXIT, PANIC, Requests, Standing
from tests.conftest import ROOT
from tests.support import warm
from tests.support.trades import in_database


@pytest.fixture
def trades(database: str) -> Iterator[str]:
    """Return the URL of a trade database with two open trades and a closed one."""
    init_db(database)
    for over in ({}, {"is_open": False}, {"pair": "OTHER/USDT", "is_short": True}):
        in_database(**over)
    Trade.session.remove()
    yield database
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Return output and exit status of a command in its own process."""
    command = [str(warm.BIN / "robustop"), *words, "--yes"]
    return warm.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def asked(requests: Requests) -> dict[int, str]:
    """Return the reasons of requested exits by trade id."""
    return {number: request.reason for number, request in requests.standing().exits.items()}


def test_a_panic_stands_until_the_resume(trades: str) -> None:
    """The open trades are shown, the request is stored, and no password is printed."""
    requests = Requests(sa.create_engine(trades))
    panic = run("panic", "--db-url", trades, "--reason", "hack")
    assert panic.returncode == 0, panic.stderr
    assert "HAND/USDT" in panic.stdout
    assert "OTHER/USDT" in panic.stdout
    assert ": 2" in panic.stdout
    assert sa.make_url(trades).password not in panic.stdout + panic.stderr
    assert requests.standing() == Standing(panic="hack")
    single = run("panic", "--db-url", trades, "--pair", "OTHER/USDT", "--reason", "delisted")
    assert single.returncode == 0, single.stderr
    assert (requests.standing().panic, asked(requests)) == ("hack", {3: "delisted"})
    resume = run("resume", "--db-url", trades)
    assert resume.returncode == 0, resume.stderr
    assert "panic: hack" in resume.stdout
    assert requests.standing() == Standing(resumed=3)
    requests.engine.dispose()


def test_freqtrade_goes_on_with_its_own_tables(trades: str) -> None:
    """A bot started after the request finds its trades, with robustop's tables beside them."""
    assert run("panic", "--db-url", trades, "--trade-id", "1").returncode == 0
    init_db(trades)
    open_ones = Trade.session.scalars(sa.select(Trade).where(Trade.is_open.is_(True)).order_by(Trade.id))
    assert [(trade.id, trade.pair) for trade in open_ones] == [(1, "HAND/USDT"), (3, "OTHER/USDT")]
    assert asked(Requests(Trade.session.get_bind())) == {1: "by hand"}


def test_bot_and_command_line_may_make_the_tables_at_once(database: str) -> None:
    """Processes that create the tables at the same time all succeed."""
    for _ in range(5):
        engines = [sa.create_engine(database) for _ in range(6)]
        barrier, failed = Barrier(len(engines)), []

        def ask(engine: sa.Engine, barrier: Barrier = barrier, failed: list[Exception] = failed) -> None:
            with engine.connect():
                barrier.wait()
            try:
                Requests(engine).ask(PANIC, 1.0, "hack")
            except sa.exc.SQLAlchemyError as error:
                failed.append(error)

        threads = [Thread(target=ask, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        with engines[0].begin() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM robustop_requests")).scalar() == len(engines)
            connection.execute(sa.text("DROP TABLE robustop_requests, robustop_portfolio"))
        for engine in engines:
            engine.dispose()


def test_the_peak_of_the_portfolio_is_kept(database: str) -> None:
    """The peak is one row that is overwritten; finished exits are no longer requested."""
    requests = Requests(sa.create_engine(database))
    assert requests.peak(0) is None
    requests.keep_peak(0, 1.25)
    requests.keep_peak(0, 0.1 + 0.2)
    assert requests.peak(0) == 0.1 + 0.2
    requests.ask(EXIT, 1.0, "one", (4, 5))
    requests.settle({4}, 2.0)
    assert asked(requests) == {5: "one"}
    requests.engine.dispose()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("127.0.0.1", "127.0.0.2"), "127.0.0.2"),
        (("/test_", "/no_test_"), "does not exist"),
        (("postgresql+psycopg:", "postgresql+psycopg:"), 'relation "trades" does not exist'),
        (("robustop:", "nobody:"), "authentication failed"),
    ],
    ids=["nobody there", "no database", "no trade database", "wrong user"],
)
def test_what_cannot_be_used_is_one_line(database: str, change: tuple[str, str], named: str) -> None:
    """An unusable database gives status 2 and one line without the password."""
    result = run("panic", "--db-url", database.replace(*change))
    assert result.returncode == 2
    assert named in result.stderr
    assert result.stderr.count("\n") == 1
    assert str(sa.make_url(database).password) not in result.stderr

"""`robustop panic` and `robustop resume` on real trade databases."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from freqtrade.persistence import Trade, disable_database_use, init_db
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from robustop_plugin.audit import requests as audit_requests
from robustop_plugin.audit.requests import EXIT, PANIC, RESUME, Requests, Standing
from robustop_plugin.cli.main import main
from tests.conftest import ROOT
from tests.support import warm
from tests.support.trades import in_database


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty current folder: Freqtrade creates folders there."""
    (tmp_path / "user_data").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def path(folder: Path) -> Iterator[Path]:
    """Return a trade database with two open trades and a closed one."""
    path = folder / "trades.sqlite"
    init_db(f"sqlite:///{path}")
    for over in ({}, {"is_open": False}, {"pair": "OTHER/USDT", "is_short": True}):
        in_database(**over)
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    yield path
    disable_database_use("5m")


@pytest.fixture
def requests(path: Path) -> Requests:
    """Return the requests as the bot reads them."""
    return Requests(sa.create_engine(f"sqlite:///{path}"))


def ask(path: Path, *arguments: str, answer: str | None = None) -> Result:
    """Return output and exit status of a command on this database."""
    command, *others = arguments
    return CliRunner().invoke(main, [command, "--db-url", f"sqlite:///{path}", *others], input=answer)


def test_a_panic_of_another_process_stands_until_the_resume(path: Path, requests: Requests) -> None:
    """A panic from one process stays in force until a resume from another."""

    def run(*arguments: str) -> str:
        command = [str(warm.BIN / "robustop"), *arguments, "--db-url", f"sqlite:///{path}", "--yes"]
        return str(warm.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)

    said = run("panic", "--reason", "hack")
    assert "HAND/USDT" in said
    assert "OTHER/USDT" in said
    assert f"robustop resume --db-url sqlite:///{path}" in said
    assert requests.standing() == Standing(panic="hack")
    assert "panic: hack" in run("resume", "--reason", "over")
    assert requests.standing() == Standing(resumed=2)


def test_a_person_is_asked_and_may_say_no(path: Path, requests: Requests) -> None:
    """The trades are shown first; without confirmation nothing is written and the status is 1."""
    for answer in ("n\n", ""):
        result = ask(path, "panic", answer=answer)
        assert result.exit_code == 1
        assert "open trades" in result.stdout
        assert "no request was made" in result.stderr
    assert requests.standing() == Standing()
    assert ask(path, "panic", answer="y\n").exit_code == 0
    assert requests.standing() == Standing(panic="by hand")


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [(["--pair", "OTHER/USDT"], [3]), (["--trade-id", "1"], [1]), (["--pair", "HAND/USDT", "--trade-id", "1"], [1])],
)
def test_one_trade(path: Path, requests: Requests, chosen: list[str], ids: list[int]) -> None:
    """A pair or a trade id requests the exit of these trades only; entries continue."""
    result = ask(path, "panic", *chosen, "--yes", "--json", "--reason", "delisted")
    answer = json.loads(result.stdout)
    assert (answer["asked"], [trade["trade_id"] for trade in answer["trades"]]) == (EXIT, ids)
    standing = requests.standing()
    assert {number: request.reason for number, request in standing.exits.items()} == dict.fromkeys(ids, "delisted")
    assert standing._replace(exits={}) == Standing()


@pytest.mark.parametrize(
    "chosen", [["--trade-id", "2"], ["--pair", "NO/PAIR"], ["--pair", "HAND/USDT", "--trade-id", "3"]]
)
def test_a_trade_that_is_not_open_ends_with_1_and_names_those_that_are(
    path: Path, requests: Requests, chosen: list[str]
) -> None:
    """No request is made, and the open trades are listed."""
    result = ask(path, "panic", *chosen, "--yes")
    assert result.exit_code == 1
    assert "open are 1 (HAND/USDT), 3 (OTHER/USDT)" in result.stderr
    assert requests.standing() == Standing()


def test_a_resume_without_anything_to_resume_ends_with_1(path: Path) -> None:
    """A resume without requests says that there are none."""
    result = ask(path, "resume", "--yes")
    assert (result.exit_code, result.stderr) == (1, "entries are not halted, and no exit is requested\n")


def test_a_resume_names_what_it_ends(path: Path, requests: Requests) -> None:
    """A resume ends panic, drawdown and single exits."""
    requests.ask(PANIC, 1.0, "hack")
    requests.ask(audit_requests.DRAWDOWN, 2.0, "3 %")
    requests.ask(EXIT, 3.0, "delisted", (1,))
    answer = json.loads(ask(path, "resume", "--yes", "--json").stdout)
    assert answer["stood"] == ["panic: hack", "drawdown: 3 %", "exit of trade 1: delisted"]
    assert requests.standing() == Standing(resumed=4)


def test_the_database_of_a_configuration(path: Path, requests: Requests) -> None:
    """The configuration gives the database, and the advice repeats the option."""
    config = {**json.loads((ROOT / "config.json").read_text()), "db_url": f"sqlite:///{path}"}
    (path.parent / "mine.json").write_text(json.dumps(config))
    result = CliRunner().invoke(main, ["panic", "--config", "mine.json", "--yes"])
    assert result.exit_code == 0, result.stderr
    assert "robustop resume --config mine.json" in result.stdout
    assert requests.standing().panic == "by hand"


def test_a_dry_run_without_a_name_has_the_host_s(path: Path) -> None:
    """A dry run without a URL uses Freqtrade's default, tradesv3.dryrun.sqlite."""
    (path.parent / "config.json").write_bytes((ROOT / "config.json").read_bytes())
    path.rename(path.parent / "tradesv3.dryrun.sqlite")
    result = CliRunner().invoke(main, ["panic", "--yes"])
    assert "open trades in sqlite:///tradesv3.dryrun.sqlite: 2" in result.stdout


@pytest.mark.parametrize("command", ["panic", "resume"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--db-url", "sqlite:///no_such.sqlite"], "sqlite:///no_such.sqlite: there is no such trade database"),
        (["--db-url", "sqlite://"], "sqlite://: there is no such trade database"),
        (["--db-url", "sqlite:///text"], "file is not a database"),
        (["--db-url", "sqlite:///empty"], "no such table: trades"),
        (["--db-url", "nonsense"], "db-url was no database URL"),
        (["--config", "no_such.json"], "no_such.json was not found"),
        ([], "config.json was not found"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_one_line(
    folder: Path, command: str, arguments: list[str], named: str
) -> None:
    """An unreadable database gives one line, and no database is created."""
    (folder / "text").write_text("no database at all, but long enough to be looked at" * 20)
    (folder / "empty").touch()
    result = CliRunner().invoke(main, [command, *arguments, "--yes"])
    assert result.exit_code == 2
    assert named in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / "no_such.sqlite").exists()


def test_a_database_that_is_locked_for_a_moment_is_asked_again(
    path: Path, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short lock is retried."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    waits: list[float] = []

    def wait(pause: float) -> None:
        waits.append(pause)
        if len(waits) == 2:
            other.execute("rollback")

    monkeypatch.setattr(audit_requests, "sleep", wait)
    with closing(other):
        result = ask_quickly(path, monkeypatch)
    assert result.exit_code == 0, result.stderr
    assert len(waits) == 2
    assert requests.standing().panic == "by hand"


def test_a_database_that_stays_locked_ends_with_2(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A permanent lock gives one line, and no request is made."""
    monkeypatch.setattr(audit_requests, "sleep", lambda _: None)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        result = ask_quickly(path, monkeypatch)
    assert result.exit_code == 2
    assert "database is locked" in result.stderr


def ask_quickly(path: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Request a panic on a connection that does not wait for locks."""

    def impatient(url: str) -> sa.Engine:
        return sa.create_engine(url, connect_args={"timeout": 0})

    monkeypatch.setattr("robustop_plugin.cli.database.open_database", impatient)
    return ask(path, "panic", "--yes")


@pytest.mark.parametrize(
    ("url", "library", "advice"),
    [
        ("postgresql+psycopg://me:secret@host/trades", "psycopg", 'pip install "robustop[postgres]"'),
        ("mysql+pymysql://me:secret@host/trades", "pymysql", "name one that is installed"),
    ],
)
def test_a_missing_driver_is_named(url: str, library: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing driver is reported with what to do, without the password."""
    monkeypatch.setitem(sys.modules, library, None)
    result = CliRunner().invoke(main, ["panic", "--db-url", url, "--yes"])
    assert result.exit_code == 2
    assert advice in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize("table", [audit_requests.REQUESTS, audit_requests.PORTFOLIO], ids=lambda table: table.name)
def test_the_tables_exist_in_postgresql_too(table: Any) -> None:
    """The tables are valid in PostgreSQL, and no name begins like one of Freqtrade's tables."""
    statement = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "FLOAT(53)" in statement
    assert not table.name.lower().startswith(("trades", "orders", "pairlocks", "keyvaluestore"))


def test_numbers_of_requests_are_never_given_again(requests: Requests, path: Path) -> None:
    """Request numbers are never reused, because a resume ends all lower numbers."""
    requests.ask(PANIC, 1.0, "one")
    with closing(sqlite3.connect(path)) as other:
        other.execute("delete from robustop_requests")
        other.commit()
    requests.ask(RESUME, 2.0, "two")
    assert requests.standing().resumed == 2

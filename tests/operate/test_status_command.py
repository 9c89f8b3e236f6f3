"""`robustop status` on databases that Freqtrade and the bot have written."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from freqtrade.persistence import Trade

from robustop_plugin.cli.main import main
from tests.conftest import ROOT
from tests.operate.conftest import Open
from tests.support.bot import free_port
from tests.support.hand_candles import BLOCK, Hand, at
from tests.support.stop_orders import OnExchange
from tests.support.written_trades import Writer

COSTS = {"fee_open": 0.001, "fee_close": 0.001, "trading_mode": "SPOT", "max_stake_amount": 1000.0}
WIDE = {"COLUMNS": "220"}


class Sells(Hand):
    """Sells half at two and a half spans."""

    robustop = {**BLOCK, "partials": [[2.5, 0.5], [4.0, "rest"]]}  # noqa: RUF012 (Freqtrade reads class attributes)


def run(writer: Writer, *arguments: str) -> Result:
    """Run the command on the database of a bot."""
    return CliRunner(env=WIDE).invoke(main, ["status", "--db-url", writer.url, *arguments])


def answered(writer: Writer, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Return the JSON of the command, which ends with this status."""
    result = run(writer, *arguments, "--json")
    assert result.exit_code == status, result.output
    return dict(json.loads(result.stdout))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that sets the time of the command, in seconds since the trades were opened."""

    def set_time(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: at(0).timestamp() + seconds)

    set_time(3600)
    return set_time


def test_one_row_says_everything(writing: Open, sqlite_url: str, now: Callable[[float], None]) -> None:
    """Bought at 100 with the stop at 98, R is 2; at 104 the stop is 102, and at 105 half is sold."""
    writer = writing(sqlite_url, strategy=Sells)
    trade = writer.bought(**COSTS)
    writer.look(trade, 104.0)
    writer.loop()
    now(900)
    result = run(writer)
    assert result.exit_code == 0, result.output
    first, prices, *table = result.stdout.splitlines()
    assert first == "Everything is protected: 1 by the bot itself, as long as it runs, which is not known here."
    assert prices == "prices: as robustop last recorded them, 10m ago (no api_server could be asked: see --config)"
    text = " ".join(" ".join(table).split())
    # 10 sold at 102 bring 1020 - 1.02, and 10 bought at 100 have cost 1000 + 1: 17.98, of 1001 at stake 1.80 %.
    for cell in (
        "1 HAND/USDT 104 +2.00 102 +1.92 % +17.98 USDT 105: sells 50 % hand_span trail",
        "long, 15m 100 breakeven by the bot +1.00 R +1.80 % +2.50 R 10m ago",
    ):
        assert cell in text, text


@pytest.mark.parametrize("arguments", [[], ["--closed"], ["--at", "104"]])
def test_postgresql_too(writing: Open, database: str, arguments: list[str]) -> None:
    """The same first line, on a server."""
    writer = writing(database)
    trade = writer.bought(**COSTS)
    writer.look(trade, 104.0)
    writer.loop()
    writer.closed(writer.bought(pair="OTHER/USDT", **COSTS), 103.0, 3, "exit_signal")
    result = run(writer, *arguments)
    assert result.exit_code == 0, result.output
    assert ("OTHER/USDT" if arguments == ["--closed"] else "HAND/USDT") in result.stdout


def test_a_narrow_terminal_has_two_tables(writer: Writer) -> None:
    """In 80 columns no name is broken, and no line is longer."""
    trade = writer.bought(60000.0, pair="BTC/USDT", stop_loss=54000.0, initial_stop_loss=54000.0, **COSTS)
    writer.look(trade, 62400.0)
    writer.loop()
    for arguments in ([], ["--move", "-3"]):
        command = ["status", "--db-url", writer.url, *arguments]
        lines = CliRunner(env={"COLUMNS": "80"}).invoke(main, command).stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert sum(line.startswith("1 BTC/USDT") for line in lines) == 2
        assert any("63600: stop to 62400" in line for line in lines)
    assert any("leaves:" in line for line in lines)


def test_the_json_has_each_field(writing: Open, sqlite_url: str, now: Callable[[float], None]) -> None:
    """The documented keys, with the values of the trade."""
    writer = writing(sqlite_url, strategy=Sells)
    trade = writer.bought(**COSTS)
    writer.look(trade, 104.0)
    writer.loop()
    now(900)
    found = answered(writer, "--at", "106")
    (row,) = found.pop("trades")
    assert found["settings"].pop("started_at") > at(0).timestamp()
    assert found == {
        "schema": 1,
        "time": at(0).timestamp() + 900,
        "protected": True,
        "sentence": "Everything is protected: 1 by the bot itself, as long as it runs, which is not known here.",
        "unprotected": [],
        "bot": None,
        "settings": {"strategy": "Sells", "on_exchange": False, "problem": None},
    }
    expected = {
        "trade_id": trade.id,
        "pair": "HAND/USDT",
        "side": "long",
        "age_seconds": 900.0,
        "entry": 100.0,
        "amount": 10.0,
        "price": 104.0,
        "price_source": "recorded",
        "price_time": at(1).timestamp(),
        "r": 2.0,
        "best": 104.0,
        "risk": 2.0,
        "phase": "BREAKEVEN_PROTECTED",
        "initial_stop": 98.0,
        "stop": 102.0,
        "host_stop": 102.0,
        "own_stop": 102.0,
        "waiting_stop": None,
        "protected_by": "bot",
        "distance_r": 1.0,
        "locked_in": 17.98,
        "state": "ok",
        "next": {
            "action": "reduce",
            "price": 105.0,
            "stop": 102.0,
            "engine": None,
            "rule": None,
            "fraction": 0.5,
            "reason": None,
            "waits": None,
        },
        "last_move": {
            "time": at(1).timestamp(),
            "action": "move",
            "engine": "hand_span",
            "rule": "trail",
            "price": 104.0,
            "old_stop": 98.0,
            "new_stop": 102.0,
            "reason": None,
        },
    }
    assert {key: row[key] for key in expected} == expected
    then = row["then"]
    # At 106, three spans: half is sold and the stop goes to 104. All sold there, 10 * 106 * 0.999 - 1001 would be won.
    assert (then["action"], then["price"], then["stop"], then["fraction"]) == ("reduce", 106.0, 104.0, 0.5)
    assert then["result"] == pytest.approx(57.94)


def test_every_key_of_the_json_is_in_the_reference(writing: Open, sqlite_url: str) -> None:
    """Of open trades, of closed ones, and around them."""
    writer = writing(sqlite_url)
    writer.bought(**COSTS)
    page = (ROOT / "docs" / "reference" / "command_line.md").read_text()
    section = page.partition("## `robustop status`\n")[2].partition("\n## ")[0]
    found = answered(writer, "--move", "1")
    (row,) = found["trades"]
    writer.closed(Trade.get_open_trades()[0], 102.0, 3, "stop_loss")
    (closed,) = answered(writer, "--closed")["closed"]
    for key in (*found, *row, *row["next"], *row["then"], *row["last_move"], *closed, *closed["stop_path"][0]):
        assert f"`{key}`" in section, key


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        ("-2", "leaves: STOP_LOSS"),
        ("-1.9", "stop stays 98"),
        ("2", "stop to 100.15, hand_span breakeven"),
        ("4", "stop to 102, hand_span trail"),
    ],
)
def test_what_would_happen(writer: Writer, percent: str, words: str) -> None:
    """Prices are known from the records: the last is the entry, 100."""
    writer.bought()
    writer.loop()
    result = run(writer, "--move", percent)
    assert words in result.stdout
    assert result.exit_code == 0


def test_a_question_writes_nothing(writer: Writer) -> None:
    """The file of the database is the same, byte for byte, also with a bot that is ended."""
    writer.bought()
    writer.loop()
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    path = Path(writer.url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    run(writer, "--at", "120")
    run(writer, "--closed")
    assert path.read_bytes() == before


def test_what_is_not_protected_ends_with_1_and_is_named(writing: Open, sqlite_url: str) -> None:
    """One of two positions has lost its stop order."""
    writer = writing(sqlite_url, strategy=OnExchange, runmode="live")
    first, second = writer.bought(), writer.bought(pair="OTHER/USDT")
    writer.stop_order(first, 98.0)
    writer.stop_order(second, 98.0, is_open=False)
    result = run(writer)
    assert result.exit_code == 1
    first_line = result.stdout.splitlines()[0]
    assert first_line == (
        f"NOT everything is protected, 1 of 2: trade {second.id} OTHER/USDT: no stop order rests on "
        "the exchange: the last one is canceled."
    )
    assert "NOT PROTECTED" in result.stdout
    assert result.stdout.index(f"{second.id} OTHER/USDT  ") < result.stdout.index(f"{first.id} HAND/USDT  ")
    found = answered(writer, status=1)
    assert found["unprotected"] == [
        {
            "trade_id": second.id,
            "pair": "OTHER/USDT",
            "why": "no stop order rests on the exchange: the last one is canceled",
        }
    ]
    assert answered(writer, "--trade-id", str(first.id))["protected"] is True
    assert answered(writer, "--pair", "OTHER/USDT", status=1)["protected"] is False


def test_a_stop_that_waits_for_the_gate_is_shown(writing: Open, sqlite_url: str) -> None:
    """The order on the exchange has another price than the stop, which is said."""
    writer = writing(sqlite_url, strategy=OnExchange, runmode="live")
    trade = writer.bought()
    writer.stop_order(trade, 97.5)
    assert "on exchange 97.5" in run(writer).stdout


@pytest.mark.parametrize("text", ["{", '{"schema": 99}'])
def test_a_damaged_state_is_a_row_and_a_sentence(writer: Writer, text: str) -> None:
    """Nothing fails; the stop that Freqtrade has is shown."""
    trade = writer.bought()
    writer.rewrite_state(trade, text)
    found = answered(writer, "--move", "1", status=1)
    (row,) = found["trades"]
    assert (row["stop"], row["own_stop"], row["next"], row["then"], row["r"]) == (98.0, None, None, None, None)
    assert row["state"] in ("unreadable", "newer")
    assert run(writer, "--move", "1").exit_code == 1


def test_unknown_settings_are_said(writer: Writer) -> None:
    """A bot of an older release: all but what comes next is known."""
    writer.bought()
    with closing(sqlite3.connect(writer.url.removeprefix("sqlite:///"))) as other:
        other.execute("drop table robustop_settings")
    result = run(writer)
    assert result.exit_code == 0
    assert "next steps are not known: no bot with this release" in " ".join(result.stdout.split())


def test_orders_that_rest_and_asks_without_an_answer_are_noted(writer: Writer) -> None:
    """An entry that rests is no position."""
    writer.resting_entry(99.0)
    result = run(writer)
    assert result.stdout.startswith("No position is held, so nothing needs protection.")
    assert "a buy of 10 at 99 rests since" in result.stdout
    assert "entry rests" in result.stdout


def test_no_trade_is_no_trouble(writer: Writer) -> None:
    """One sentence, and status 0."""
    assert writer.url
    result = run(writer)
    assert (result.exit_code, result.stdout) == (0, "No position is held, so nothing needs protection.\n")


def test_closed_trades(writer: Writer, now: Callable[[float], None]) -> None:
    """R is 2 and 10 were bought: 20 were risked. Sold at 102, of a best of 104.4: 1.2 R were given back."""
    trade = writer.bought(**COSTS)
    writer.look(trade, 102.5, 1)
    writer.look(trade, 104.4, 2)
    trade.max_rate = 104.4
    writer.closed(trade, 102.0, 3, "trailing_stop_loss")
    writer.loop()
    now(1800)
    (row,) = answered(writer, "--closed")["closed"]
    profit = 10 * 102 * 0.999 - 10 * 100 * 1.001
    assert (row["exit"], row["exit_reason"], row["best"]) == (102.0, "trailing_stop_loss", 104.4)
    assert row["profit"] == pytest.approx(profit)
    assert row["r"] == pytest.approx(profit / 20)
    assert (row["best_r"], row["giveback_r"]) == (pytest.approx(2.2), pytest.approx(1.2))
    assert row["giveback_percent"] == pytest.approx(2.4 / 104.4 * 100)
    assert row["stop_path"] == [
        {"mover": "initial", "stop": 98.0, "moves": 1},
        {"mover": "hand_span breakeven", "stop": 100.15, "moves": 1},
        {"mover": "hand_span trail", "stop": 102.0, "moves": 1},
    ]
    text = run(writer, "--closed", "3").stdout
    assert "98 initial, 100.15 hand_span breakeven, 102 hand_span trail" in " ".join(text.split())
    assert "No such trade was closed." in run(writer, "--closed", "--pair", "OTHER/USDT").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trade-id", "99"], "there is no such open trade"),
        (["--at", "100"], "--at is one price and there are trades of HAND/USDT, OTHER/USDT"),
        (["--at", "100", "--move", "1"], "give one of them"),
        (["--closed", "--move", "1"], "leave --at, --move and --watch out"),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(writer: Writer, arguments: list[str], words: str) -> None:
    """One line that says what to do."""
    writer.bought()
    writer.bought(pair="OTHER/USDT")
    result = run(writer, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("text", [b"", b"no database at all, but long enough to be looked at" * 20])
def test_what_is_no_trade_database_ends_with_2(tmp_path: Path, text: bytes) -> None:
    """And a file that is not there is not made."""
    file = tmp_path / "other.sqlite"
    file.write_bytes(text)
    for url in (f"sqlite:///{file}", f"sqlite:///{tmp_path / 'none.sqlite'}", "nonsense"):
        result = CliRunner().invoke(main, ["status", "--db-url", url])
        assert result.exit_code == 2, result.output
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "none.sqlite").exists()


def test_a_configuration_names_the_database_and_the_bot(writer: Writer, tmp_path: Path) -> None:
    """Nothing listens where its API should: the stops that the bot checks are nobody's, and the password is nowhere."""
    writer.bought()
    config = json.loads((ROOT / "config.json").read_text())
    api = {"enabled": True, "listen_ip_address": "127.0.0.1", "listen_port": free_port(), "username": "me"}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**config, "db_url": writer.url, "api_server": {**api, "password": "secret"}}))
    result = CliRunner(env=WIDE).invoke(main, ["status", "--config", str(file)])
    assert result.exit_code == 1
    assert f"the bot checks its stop, and no bot answers at 127.0.0.1:{api['listen_port']}" in result.stdout
    assert "secret" not in result.output
    missing = CliRunner().invoke(main, ["status", "--config", str(tmp_path / "none.json")])
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)


WATCHES = """
import sys, time
import robustop_plugin.cli.status as command
from robustop_plugin.cli.main import main

looks, real = [], command.look

def look(*arguments):
    looks.append(real(*arguments))
    if len(looks) == 3:
        raise KeyboardInterrupt
    return looks[-1]

command.look = look
main(sys.argv[1:])
"""


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_it_watches_until_it_is_interrupted(writer: Writer, form: list[str]) -> None:
    """Each look is shown; the status is that of the last one."""
    writer.bought()
    command = [sys.executable, "-c", WATCHES, "status", "--db-url", writer.url, "--watch", "0.1", *form]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Everything is protected") == 2
    if form:
        assert [json.loads(line)["protected"] for line in done.stdout.splitlines()] == [True, True]


def test_a_look_imports_no_freqtrade(writer: Writer) -> None:
    """A look takes a fraction of a second because of that; with a configuration too."""
    writer.bought()
    file = Path(writer.url.removeprefix("sqlite:///")).with_name("config.json")
    file.write_text(json.dumps({"db_url": writer.url}))
    code = (
        "import sys\n"
        "from robustop_plugin.cli.main import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'freqtrade', 'pandas', 'numpy', 'ccxt'}))\n"
        "print([name for name in sys.modules if name.startswith(('robustop_plugin.bridge', 'sqlalchemy.orm'))])"
    ).replace("main(sys.argv[1:], standalone_mode=False)", "try: main(sys.argv[1:])\nexcept SystemExit: pass")
    for where in (["--db-url", writer.url], ["--config", str(file)]):
        command = [sys.executable, "-c", code, "status", *where, "--move", "1"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-2:] == ["[]", "[]"], done.stdout
        assert "Everything is protected" in done.stdout

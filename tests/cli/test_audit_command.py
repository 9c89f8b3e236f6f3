"""`robustop audit` on a real trade database and on the file of a backtest."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from freqtrade.persistence import disable_database_use, init_db

from robustop_plugin.audit.table import import_records
from robustop_plugin.cli.main import main
from tests.support.audit_records import record_of, write_records

RECORDS = [
    record_of(1, action="initial", old_stop=None, new_stop=98.0, engine=None, rule="initial", reason="fallback"),
    record_of(2),
    record_of(3, trade_id=8, pair="OTHER/USDT", side=-1, action="closed", engine=None, rule=None, reason="stop_loss"),
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a trade database with three records."""
    url = f"sqlite:///{tmp_path / 'trades.sqlite'}"
    init_db(url)
    disable_database_use("5m")
    engine = sa.create_engine(url)
    import_records(engine, [record.to_dict() for record in RECORDS])
    engine.dispose()
    return url


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["audit", *arguments])


def test_the_table_says_why(url: str) -> None:
    """A row has the time, the trade, both stops, and who moved the stop and why."""
    result = run("--db-url", url, "--flat")
    assert result.exit_code == 0
    rows = [" ".join(line.split()) for line in result.output.splitlines()]
    assert rows[0] == "time (UTC) trade pair what price stop before stop after why"
    assert rows[1] == "2025-01-01 00:00:01 7 HAND/USDT initial 102 98 initial: fallback"
    assert rows[2] == "2025-01-01 00:00:02 7 HAND/USDT move 102 98 100.15 hand_span breakeven"
    assert rows[3] == "2025-01-01 00:00:03 8 OTHER/USDT short closed 102 98 100.15 stop_loss"


def test_a_number_given_twice_names_two_trades(url: str) -> None:
    """SQLite gives the number of a deleted trade again: each record then says of which trade it is."""
    engine = sa.create_engine(url)
    later = record_of(1, token=f"7:{1735776000000}:1", time=1735776001.0)
    refused = [record_of(1, token=f"0:{moment}:1", trade_id=0, action="refused") for moment in (1735776002000, 1)]
    import_records(engine, [record.to_dict() for record in (later, *refused)])
    engine.dispose()
    rows = [
        " ".join(line.split()) for line in run("--db-url", url, "--pair", "HAND/USDT", "--flat").output.splitlines()[1:]
    ]
    assert [row.split(" HAND/USDT ")[0] for row in rows] == [
        "2025-01-01 00:00:01 7 of 2025-01-01 00:00:00",
        "2025-01-01 00:00:02 7 of 2025-01-01 00:00:00",
        "2025-01-02 00:00:01 7 of 2025-01-02 00:00:00",
        "2025-01-01 00:00:01 0",
        "2025-01-01 00:00:01 0",
    ]


@pytest.mark.parametrize(
    ("chosen", "tokens"), [(("--trade-id", "8"), ["3"]), (("--pair", "HAND/USDT"), ["1", "2"]), ((), ["1", "2", "3"])]
)
def test_records_are_chosen(url: str, chosen: tuple[str, ...], tokens: list[str]) -> None:
    """A number and a pair name theirs; `--json` prints the records themselves."""
    result = run("--db-url", url, "--json", *chosen)
    assert [json.loads(line)["token"][-1] for line in result.output.splitlines()] == tokens


def test_nothing_there_is_said(url: str, tmp_path: Path) -> None:
    """No record of a trade is status 1, and a database of another kind is status 2 and one line."""
    assert run("--db-url", url, "--trade-id", "9").exit_code == 1
    (tmp_path / "none.sqlite").write_text("no database at all, but some text", encoding="utf-8")
    result = run("--db-url", f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert result.exit_code == 2
    assert "the trade database could not be used" in result.output


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_an_export_has_every_field(url: str, tmp_path: Path, form: str) -> None:
    """Each form holds what was recorded."""
    output = tmp_path / f"audit.{form}"
    result = run("--db-url", url, "--export", form, "--output", str(output))
    assert result.exit_code == 0
    assert f"3 records are in {output}" in result.output
    wanted = [record.to_dict() for record in RECORDS]
    if form == "jsonl":
        assert [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()] == wanted
        return
    table = pd.read_csv(output) if form == "csv" else pd.read_parquet(output)
    assert list(table["token"]) == [record["token"] for record in wanted]
    assert [json.loads(facts) for facts in table["facts"]] == [record["facts"] for record in wanted]
    assert list(table["new_stop"]) == [98.0, 100.15, 100.15]


def test_an_export_goes_into_another_database(url: str, tmp_path: Path) -> None:
    """Each record is added once, however often the file is imported."""
    output, other = tmp_path / "audit.jsonl", f"sqlite:///{tmp_path / 'other.sqlite'}"
    run("--db-url", url, "--export", "jsonl", "--output", str(output))
    init_db(other)
    disable_database_use("5m")
    for added in (3, 0):
        assert f"{added} of 3 records were added" in run("--db-url", other, "--import", str(output)).output
    assert run("--db-url", other, "--json").output == run("--db-url", url, "--json").output


def test_a_file_that_is_no_audit_is_refused(url: str, tmp_path: Path) -> None:
    """One line names it and says what to do; a form without a file does too."""
    file = tmp_path / "other.jsonl"
    file.write_text('{"token": "7:1:1"}\n', encoding="utf-8")
    result = run("--db-url", url, "--import", str(file))
    assert result.exit_code == 2
    assert "was no exported audit" in result.output
    assert run("--db-url", url, "--export", "csv").exit_code == 2


def test_a_backtest_has_a_file(tmp_path: Path) -> None:
    """Its records are shown without a database."""
    path = tmp_path / "audit.jsonl"
    write_records(path, 1, 2)
    result = run("--file", str(path), "--json", "--trade-id", "7")
    assert len(result.output.splitlines()) == 2


def test_a_story_for_each_trade(url: str) -> None:
    """Without options each trade is told by itself."""
    lines = [" ".join(line.split()) for line in run("--db-url", url).output.splitlines()]
    assert lines[0].startswith("trade 7, HAND/USDT long, opened 2025-01-01 00:00:00 at 100")
    assert lines[1] == "time (UTC) what happened stop R why"
    assert lines[2].startswith("2025-01-01 00:00:01 the initial stop was set 98 initial: fallback")
    assert lines[5].startswith("trade 8, OTHER/USDT short")


@pytest.mark.parametrize(
    ("chosen", "tokens"),
    [
        (("--since", "2025-01-01 00:00:02"), ["2", "3"]),
        (("--since", "2025-01-01T01:00:02+01:00", "--until", "2025-01-01 00:00:03"), ["2"]),
        (("--until", "2025-01-02", "--action", "closed", "--action", "initial"), ["1", "3"]),
        (("--engine", "hand_span", "--rule", "breakeven"), ["2"]),
        (("--since", "9999999h"), ["1", "2", "3"]),
    ],
)
def test_records_are_filtered(url: str, chosen: tuple[str, ...], tokens: list[str]) -> None:
    """By time, engine, rule and action; a time without a zone is UTC."""
    result = run("--db-url", url, "--json", *chosen)
    assert [json.loads(line)["token"][-1] for line in result.output.splitlines()] == tokens


def test_what_happened_today_is_one_command(url: str) -> None:
    """Since midnight in UTC; where nothing happened, the status says so."""
    assert run("--db-url", url, "--today").exit_code == 1
    engine, now = sa.create_engine(url), time.time()
    import_records(engine, [record_of(9, time=now).to_dict()])
    engine.dispose()
    result = run("--db-url", url, "--today", "--json")
    assert [json.loads(line)["time"] for line in result.output.splitlines()] == [now]


def test_no_record_with_a_name_says_which_names_there_are(url: str) -> None:
    """A misspelled engine is found out."""
    result = run("--db-url", url, "--engine", "hand_spam")
    assert result.exit_code == 1
    assert "The audit has engine hand_span." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--since", "yesterday"), "--since was 'yesterday': it must be a date"),
        (("--today", "--since", "1h"), "--since was '1h' beside --today"),
        (("--since", "1h", "--until", "2h"), "--until was '2h': it must be after"),
    ],
)
def test_a_time_that_is_none_is_refused(url: str, arguments: tuple[str, ...], named: str) -> None:
    """One line names the option, the value and what it must be."""
    result = run("--db-url", url, *arguments)
    assert result.exit_code == 2
    assert named in result.stderr


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_an_export_is_shown_as_the_database(url: str, tmp_path: Path, form: str) -> None:
    """What was exported is told again, from the file."""
    output = tmp_path / f"audit.{form}"
    assert run("--db-url", url, "--export", form, "--output", str(output)).exit_code == 0
    assert run("--file", str(output)).output == run("--db-url", url).output

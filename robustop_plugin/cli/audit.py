"""`robustop audit`: why each stop moved, from a bot's trade database or the file of a backtest."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.file import read_audit
from robustop_plugin.audit.shadow import as_json as comparison_as_json
from robustop_plugin.audit.shadow import as_lines, comparisons
from robustop_plugin.audit.table import import_records, read_table
from robustop_plugin.audit.trade_database import why_unreadable
from robustop_plugin.cli.database import open_engine, with_database
from robustop_plugin.cli.errors import refuse

Records = Iterable[dict[str, Any]]

NUMBERS = ("price", "old_stop", "new_stop")
DIGITS = 8
"""Significant digits of a price in the table."""
EPILOG = """
\b
Examples:
  robustop audit --trade-id 7
  robustop audit --pair BTC/USDT --db-url sqlite:///tradesv3.sqlite
  robustop audit --file user_data/short/HandSpanTrend/robustop-audit-HandSpanTrend-2026-01-01.jsonl
  robustop audit --shadow
  robustop audit --export csv --output audit.csv

\b
`freqtrade convert-db` copies Freqtrade's own tables only. The audit follows with:
  robustop audit --db-url OLD --export jsonl --output audit.jsonl
  robustop audit --db-url NEW --import audit.jsonl
"""


@click.command("audit", epilog=EPILOG)
@with_database
@click.option("--trade-id", type=int, help="Only the trade with this number.")
@click.option("--pair", help="Only trades of this pair.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Audit file of a backtest, instead of a trade database.",
)
@click.option("--shadow", is_flag=True, help="What robustop would have done in shadow, beside what happened.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one record per line, instead of a table.")
@click.option("--export", "form", type=click.Choice(["jsonl", "parquet", "csv"]), help="Write a file instead.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file of --export.")
@click.option(
    "--import",
    "imported",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Add the records of a file of --export jsonl to the trade database; those that it has are left out.",
)
def audit_command(
    db_url: str | None,
    configs: tuple[Path, ...],
    trade_id: int | None,
    pair: str | None,
    file: Path | None,
    shadow: bool,
    as_json: bool,
    form: str | None,
    output: Path | None,
    imported: Path | None,
) -> None:
    """Show the audit: one record for each decision that did something, and why.

    Exit status 0: shown, written or added. 1: there is no record. 2: invalid input, or the trade database could not
    be read or written.
    """
    if (form is None) is not (output is None):
        refuse("--export and --output need each other, such as --export csv --output audit.csv")
    if shadow and form is not None:
        refuse("--shadow compares trades and --export writes records: give one of them, such as --shadow --json")
    if imported is not None:
        add(open_engine(db_url, configs), imported)
        return
    records = _chosen(file, trade_id, pair) if file else _stored(open_engine(db_url, configs), trade_id, pair)
    if not records:
        click.echo("There is no such record. A bot stores records at the beginning of its next loop.", err=True)
        raise SystemExit(1)
    if shadow:
        show_shadow(records, as_json=as_json)
    elif form is not None and output is not None:
        export(records, form, output)
        click.echo(f"{len(records)} records are in {output}")
    elif as_json:
        click.echo("\n".join(map(json.dumps, records)))
    else:
        show(records)


def add(engine: sa.Engine, file: Path) -> None:
    """Add the records of a file to a trade database."""
    try:
        records = list(read_audit(file))
        added = import_records(engine, records)
    except (KeyError, ValueError) as error:
        refuse(f"{file} was no exported audit: {error}; write it with --export jsonl")
    except SQLAlchemyError as error:
        refuse(why_unreadable(engine, error))
    click.echo(f"{added} of {len(records)} records were added, the others were there")


def show_shadow(records: Records, *, as_json: bool) -> None:
    """Print what robustop would have done beside what happened."""
    compared = comparisons(records)
    if not compared:
        click.echo("No trade was shadowed: set robustop.mode, robustop.canary or robustop.shadow.", err=True)
        raise SystemExit(1)
    click.echo(json.dumps(comparison_as_json(compared)) if as_json else "\n".join(as_lines(compared)))


def export(records: Records, form: str, output: Path) -> None:
    """Write records as JSON Lines, Parquet or CSV; the facts are JSON text in the latter two."""
    try:
        if form == "jsonl":
            output.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
            return
        import pandas as pd  # noqa: PLC0415 (takes a second, and only these need it)

        table = pd.DataFrame([{**record, "facts": json.dumps(record["facts"])} for record in records])
        table.to_csv(output, index=False) if form == "csv" else table.to_parquet(output, index=False)
    except OSError as error:
        refuse(f"{output} could not be written: {error}; name another file with --output")


def show(records: list[dict[str, Any]]) -> None:
    """Print records as a table, in the order in which they were made."""
    table = Table(box=None, header_style="bold")
    for name, justify in (("time (UTC)", "left"), ("trade", "right"), ("pair", "left"), ("what", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("price", "stop before", "stop after"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    names = _names(records)
    for record in records:
        moment = _moment(record["time"])
        side = "" if record["side"] > 0 else " short"
        prices = ["" if record[name] is None else f"{record[name]:.{DIGITS}g}" for name in NUMBERS]
        table.add_row(moment, names[_trade(record)], f"{record['pair']}{side}", record["action"], *prices, _why(record))
    Console().print(table)


def _names(records: Records) -> dict[tuple[int, float], str]:
    """Return what each trade is called: its number, with its opening if SQLite gave that number to several trades."""
    trades = {_trade(record) for record in records}
    numbers = Counter(number for number, _ in trades)
    return {
        (number, opened): f"{number}" if numbers[number] == 1 else f"{number} of {_moment(opened)}"
        for number, opened in trades
    }


def _trade(record: dict[str, Any]) -> tuple[int, float]:
    """Return the number of a trade and its opening, in seconds since the epoch; a refused entry has none of its own."""
    opened = record["token"].split(":")[1:2] if record["trade_id"] else []
    return record["trade_id"], float(opened[0]) / 1000 if opened and opened[0].isdigit() else 0.0


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _why(record: dict[str, Any]) -> str:
    """Return engine, rule and reason in one text."""
    mover = " ".join(text for text in (record["engine"], record["rule"]) if text)
    return ": ".join(text for text in (mover, record["reason"]) if text)


def _stored(engine: sa.Engine, trade_id: int | None, pair: str | None) -> list[dict[str, Any]]:
    try:
        return list(read_table(engine, trade_id, pair))
    except SQLAlchemyError as error:
        refuse(why_unreadable(engine, error))


def _chosen(file: Path, trade_id: int | None, pair: str | None) -> list[dict[str, Any]]:
    def wanted() -> Iterator[dict[str, Any]]:
        for record in read_audit(file):
            if trade_id in (None, record["trade_id"]) and pair in (None, record["pair"]):
                yield record

    try:
        return list(wanted())
    except ValueError as error:
        refuse(f"{error}; give an audit file of a backtest")

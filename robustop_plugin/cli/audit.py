"""`robustop audit`: why each stop moved, from a bot's trade database or the file of a backtest."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.export import FORMS, read_records, write_export
from robustop_plugin.audit.file import read_audit
from robustop_plugin.audit.selection import Selection
from robustop_plugin.audit.shadow import as_json as comparison_as_json
from robustop_plugin.audit.shadow import as_lines, comparisons
from robustop_plugin.audit.table import import_records, read_table
from robustop_plugin.audit.trade_database import why_unreadable
from robustop_plugin.cli.audit_options import selection_of, with_selection
from robustop_plugin.cli.audit_output import print_stories, print_table
from robustop_plugin.cli.database import open_engine, with_database
from robustop_plugin.cli.errors import refuse

Records = list[dict[str, Any]]

EPILOG = """
\b
Examples:
  robustop audit --today
  robustop audit --trade-id 7
  robustop audit --engine manual --since 7d
  robustop audit --pair BTC/USDT --action move --db-url sqlite:///tradesv3.sqlite
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
@with_selection
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Audit file of a backtest, or an export, instead of a trade database.",
)
@click.option("--flat", is_flag=True, help="One table in the order of the records, instead of a story for each trade.")
@click.option("--shadow", is_flag=True, help="What robustop would have done in shadow, beside what happened.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one record per line, instead of a table.")
@click.option("--export", "form", type=click.Choice(FORMS), help="Write a file instead.")
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
    file: Path | None,
    flat: bool,
    shadow: bool,
    as_json: bool,
    form: str | None,
    output: Path | None,
    imported: Path | None,
    **chosen: Any,
) -> None:
    """Show the audit: what happened to each trade and why, one record for each decision that did something.

    Exit status 0: shown, written or added. 1: there is no record. 2: invalid input, or the trade database could not
    be read or written.
    """
    if (form is None) is not (output is None):
        refuse("--export and --output need each other, such as --export csv --output audit.csv")
    if shadow and form is not None:
        refuse("--shadow compares trades and --export writes records: give one of them, such as --shadow --json")
    wanted = selection_of(**chosen)
    if imported is not None:
        add(open_engine(db_url, configs), imported)
        return
    records = _in_file(file, wanted) if file else _stored(open_engine(db_url, configs), wanted)
    if shadow:
        show_shadow(records, as_json=as_json)
    elif form is not None and output is not None:
        _export(records, form, output)
    elif as_json:
        click.echo("\n".join(map(json.dumps, records)))
    else:
        (print_table if flat else print_stories)(records)


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


def _export(records: Records, form: str, output: Path) -> None:
    try:
        write_export(records, form, output)
    except OSError as error:
        refuse(f"{output} could not be written: {error}; name another file with --output")
    click.echo(f"{len(records)} records are in {output}")


def _stored(engine: sa.Engine, wanted: Selection) -> Records:
    try:
        # The database chooses by trade and time. Names are chosen here, so that it can be said which there are.
        return _some(list(read_table(engine, wanted.trade_id, wanted.pair, wanted.since, wanted.until)), wanted)
    except SQLAlchemyError as error:
        refuse(why_unreadable(engine, error))


def _in_file(file: Path, wanted: Selection) -> Records:
    try:
        return _some(list(read_records(file)), wanted)
    except ValueError as error:
        refuse(f"{error}; give an audit file of a backtest, or an export")


def _some(records: Records, wanted: Selection) -> Records:
    """Return the wanted records; end the command if there is none, and say what names there are."""
    found = wanted.of(records)
    if found:
        return found
    click.echo("There is no such record. A bot stores records at the beginning of its next loop.", err=True)
    for name, values in wanted.by_kind.items():
        if values:
            click.echo(f"The audit has {name} {_names_in(records, name)}.", err=True)
    raise SystemExit(1)


def _names_in(records: Iterable[dict[str, Any]], name: str) -> str:
    return ", ".join(sorted({record[name] for record in records if record[name]})) or "without any name"

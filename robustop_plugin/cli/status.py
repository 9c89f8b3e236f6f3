"""`robustop status`: is everything protected, why is each stop where it is, and what would happen at another price."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.trade_database import why_unreadable
from robustop_plugin.cli.database import open_to_look, with_database
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.status_table import closed_table, status_console, status_lines
from robustop_plugin.operate.bot_api import BotApi
from robustop_plugin.operate.closed import look_at_closed
from robustop_plugin.operate.status import Question, Status, look
from robustop_plugin.operate.status_data import closed_data, status_data

T = TypeVar("T")

UNPROTECTED = 1
EPILOG = """
\b
Examples:
  robustop status
  robustop status --config config.json --watch
  robustop status --pair BTC/USDT --at 58000
  robustop status --move -5
  robustop status --closed 20
  robustop status --db-url sqlite:////srv/bot/tradesv3.sqlite --json

\b
The bot need not be running, and is never kept waiting. Prices are those of the running bot if the
configuration has an enabled api_server; else the last ones that robustop recorded, with their age.
What would happen is one tick of the real decision at that price; nothing is written.
"""


@click.command("status", epilog=EPILOG)
@with_database
@click.option("--trade-id", type=int, help="Only the trade with this number.")
@click.option("--pair", help="Only trades of this pair.")
@click.option("--at", type=click.FloatRange(min=0, min_open=True), help="What would happen at this price.")
@click.option("--move", type=click.FloatRange(min=-100, min_open=True), help="The same if prices moved by so many %.")
@click.option(
    "--watch",
    type=click.FloatRange(min=0.1),
    is_flag=False,
    flag_value=5.0,
    metavar="[SECONDS]",
    help="Look again every so many seconds (5), until Ctrl-C.",
)
@click.option(
    "--closed",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=10,
    metavar="[N]",
    help="The trades that were closed last (10), with result, giveback and the path of the stop.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def status_command(
    db_url: str | None,
    configs: tuple[Path, ...],
    trade_id: int | None,
    pair: str | None,
    at: float | None,
    move: float | None,
    watch: float | None,
    closed: int | None,
    as_json: bool,
) -> None:
    """Show every open trade: is it protected, where is its stop and why, what comes next, what is locked in.

    Exit status 0: everything is protected. 1: something is not, and the first line names it. 2: it could not be
    looked at.
    """
    _check(at, move, closed, watch)
    engine, api = open_to_look(db_url, configs)
    if closed is not None:
        _show_closed(engine, closed, trade_id, pair, as_json=as_json)
        return
    question = Question(trade_id, pair, at, move)
    status = _look(engine, api, question)
    _check_answer(status)
    if watch is not None:
        status = _watch(engine, api, status, watch, as_json=as_json)
    elif as_json:
        click.echo(json.dumps(status_data(status), indent=1))
    else:
        console = status_console()
        console.print(*status_lines(status, console.width), sep="\n")
    raise SystemExit(0 if status.is_protected else UNPROTECTED)


def _check(at: float | None, move: float | None, closed: int | None, watch: float | None) -> None:
    """Reject options that contradict each other."""
    if at is not None and move is not None:
        refuse("--at and --move both say where prices are: give one of them")
    if closed is not None and (at, move, watch) != (None, None, None):
        refuse("--closed shows trades that are over: leave --at, --move and --watch out")


def _check_answer(status: Status) -> None:
    """Reject a question that the open trades cannot answer."""
    question, pairs = status.question, sorted({found.trade.pair for found in status.trades})
    if not pairs and (question.trade_id is not None or question.pair is not None):
        refuse("there is no such open trade: leave --trade-id and --pair out to see all, or give --closed")
    if question.price is not None and len(pairs) > 1:
        refuse(f"--at is one price and there are trades of {', '.join(pairs)}: name one with --pair, or use --move")


def _look(engine: sa.Engine, api: BotApi | None, question: Question) -> Status:
    return _or_refuse(lambda: look(engine, api, time.time(), question), engine)


def _show_closed(engine: sa.Engine, most: int, trade_id: int | None, pair: str | None, *, as_json: bool) -> None:
    trades, now = _or_refuse(lambda: look_at_closed(engine, most, trade_id, pair), engine), time.time()
    if as_json:
        click.echo(json.dumps(closed_data(trades, now), indent=1))
    elif trades:
        status_console().print(closed_table(trades, now))
    else:
        click.echo("No such trade was closed.")


def _watch(engine: sa.Engine, api: BotApi | None, status: Status, seconds: float, *, as_json: bool) -> Status:
    """Look again and again, until Ctrl-C; return what was seen last."""
    from rich.console import Group  # noqa: PLC0415 (only to watch)
    from rich.live import Live  # noqa: PLC0415

    console = status_console()
    live: Any = None if as_json or not console.is_terminal else Live(console=console, auto_refresh=False)
    try:
        if live is not None:
            live.start()
        while True:
            if as_json:
                click.echo(json.dumps(status_data(status)))
            elif live is None:
                console.print(*status_lines(status, console.width), sep="\n")
            else:
                live.update(Group(*status_lines(status, console.width)), refresh=True)
            time.sleep(seconds)
            status = _look(engine, api, status.question)
    except KeyboardInterrupt:
        return status
    finally:
        if live is not None:
            live.stop()


def _or_refuse(ask: Callable[[], T], engine: sa.Engine) -> T:
    """Return what the database says; end the command with one line if it cannot be read."""
    try:
        return ask()
    except SQLAlchemyError as error:
        refuse(why_unreadable(engine, error))
    except ValueError as error:
        refuse(f"the trade database holds what cannot be read: {error}; see --db-url")

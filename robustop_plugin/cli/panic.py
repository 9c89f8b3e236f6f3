"""`robustop panic` and `robustop resume`: the kill switch."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.requests import EXIT, PANIC, RESUME, Requests, Standing, patiently
from robustop_plugin.audit.trade_database import OpenTrade, open_trades, shown, why_unreadable
from robustop_plugin.cli.database import engine_of, options_as_given, with_database
from robustop_plugin.cli.errors import refuse

NOT_DONE = 1
TRIES = 5
"""A database that another process is writing to is asked so often, each time with the driver's own patience."""

EPILOG = """
\b
Examples:
  robustop panic --reason "exchange is being hacked"
  robustop panic --pair BTC/USDT --reason "delisted"
  robustop panic --db-url sqlite:////srv/bot/tradesv3.sqlite --yes --json

\b
The bot need not run: the request is a row in its trade database. A bot that runs sees it within
seconds, one that does not when it starts. Positions are closed ten at a time, under the tag
robustop_emergency; their stops stay in force until they are. After a panic no entry is made,
whatever else happens and however often the bot is started, until:
  robustop resume
"""

RESUME_EPILOG = """
\b
Example:
  robustop resume --reason "exchange is back"

\b
Whatever was asked for before is over, also exits of single trades that are not made yet. The
drawdown of the portfolio is then measured from its equity when the bot sees the resume.
"""

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.command("panic", epilog=EPILOG)
@with_database
@click.option("--reason", default="by hand", show_default=True, help="Why; it is in the bot's log and in its messages.")
@click.option("--pair", help="Close the open trades of this pair only; entries go on.")
@click.option("--trade-id", type=int, help="Close this trade only; entries go on.")
@YES
@AS_JSON
def panic_command(
    db_url: str | None,
    configs: tuple[Path, ...],
    reason: str,
    pair: str | None,
    trade_id: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Close every position and make no entry until `robustop resume`; or close one trade.

    It shows what will be closed, and asks before it does anything.

    Exit status 0: it is asked of the bot. 1: it was not confirmed, or there is no such open trade. 2: the trade
    database could not be read or written.
    """
    engine = engine_of(db_url, configs)
    everything = pair is None and trade_id is None
    trades = _or_refuse(lambda: open_trades(engine), engine)
    chosen = [one for one in trades if pair in (None, one.pair) and trade_id in (None, one.trade_id)]
    if not as_json:
        _show(chosen, engine)
    if not chosen and not everything:
        _give_up(f"there is no such open trade; open are {_listed(trades)}")
    what = "close all of them and make no entry until `robustop resume`" if everything else "close it"
    _confirm(f"Ask the bot to {what}?", yes)
    kind, ids = (PANIC, (None,)) if everything else (EXIT, tuple(one.trade_id for one in chosen))
    _or_refuse(lambda: Requests(engine).ask(kind, time.time(), reason, ids), engine)
    following = options_as_given(db_url, configs)
    _tell(
        as_json, {"asked": kind, "reason": reason, "trades": [one._asdict() for one in chosen]}, _next(kind, following)
    )


@click.command("resume", epilog=RESUME_EPILOG)
@with_database
@click.option("--reason", default="by hand", show_default=True, help="Why; it is kept in the trade database.")
@YES
@AS_JSON
def resume_command(db_url: str | None, configs: tuple[Path, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Let entries in again after a panic or a drawdown.

    Exit status 0: it is done. 1: nothing was asked for, or it was not confirmed. 2: the trade database could
    not be read or written.
    """
    engine = engine_of(db_url, configs)
    _or_refuse(lambda: open_trades(engine), engine)
    requests = Requests(engine)
    standing = _or_refuse(requests.standing, engine)
    reasons = _reasons(standing)
    if not reasons:
        _give_up("nothing stands in the way of entries")
    if not as_json:
        click.echo("\n".join(reasons))
    _confirm("Let entries in again?", yes)
    _or_refuse(lambda: requests.ask(RESUME, time.time(), reason), engine)
    _tell(as_json, {"asked": RESUME, "reason": reason, "stood": reasons}, "resumed: the bot makes entries again")


def _reasons(standing: Standing) -> list[str]:
    """Return what a resume answers, in words."""
    reasons = [f"panic: {standing.panic}"] if standing.panic is not None else []
    if standing.drawdown is not None:
        reasons.append(f"drawdown: {standing.drawdown}")
    return reasons + [f"exit of trade {trade_id}: {one.reason}" for trade_id, one in sorted(standing.exits.items())]


def _next(kind: str, following: str) -> str:
    if kind == EXIT:
        return "asked: a bot that runs closes it within seconds; to take it back, robustop resume" + following
    return (
        "asked: a bot that runs begins to close within seconds, one that does not when it starts\n"
        f"next: watch its log; then, to let entries in again, robustop resume{following}"
    )


def _tell(as_json: bool, data: dict[str, Any], words: str) -> None:
    click.echo(json.dumps(data, indent=1) if as_json else words)


def _show(trades: list[OpenTrade], engine: sa.Engine) -> None:
    """Print what will be closed."""
    click.echo(f"open trades in {shown(str(engine.url))}: {len(trades)}")
    if trades:
        table = Table("trade", "pair", "side", "amount", "entry", "stop")
        for one in trades:
            stop = "" if one.stop is None else f"{one.stop:.10g}"
            table.add_row(str(one.trade_id), one.pair, one.side, f"{one.amount:.10g}", f"{one.entry:.10g}", stop)
        Console().print(table)


def _listed(trades: list[OpenTrade]) -> str:
    return ", ".join(f"{one.trade_id} ({one.pair})" for one in trades) or "none"


def _confirm(question: str, yes: bool) -> None:
    """Ask a person; where there is none, or one who says no, nothing is done."""
    try:
        if yes or click.confirm(question, err=True):
            return
    except click.Abort:
        pass
    _give_up("not confirmed: nothing was asked of the bot (--yes does not ask)")


def _give_up(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(NOT_DONE)


def _or_refuse(ask: Callable[[], Any], engine: sa.Engine) -> Any:
    """Return what the database answers; one that cannot be used ends the command with one line."""
    try:
        return patiently(ask, TRIES)
    except SQLAlchemyError as error:
        refuse(why_unreadable(engine, error))

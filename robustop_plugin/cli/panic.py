"""`robustop panic` and `robustop resume`: the kill switch."""

import json
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from robustop_plugin.audit.requests import EXIT, PANIC, RESUME, Requests, Standing
from robustop_plugin.audit.trade_database import OpenTrade, open_trades, shown
from robustop_plugin.cli.database import open_engine, options_as_given, or_refuse, with_database

NOT_DONE = 1

EPILOG = """
\b
Examples:
  robustop panic --reason "exchange is being hacked"
  robustop panic --pair BTC/USDT --reason "delisted"
  robustop panic --db-url sqlite:////srv/bot/tradesv3.sqlite --yes --json

\b
The bot need not be running: the request is a row in its trade database. A running bot sees it within
seconds, a stopped bot when it starts. Positions are closed ten at a time, with the exit reason
robustop_emergency; their stops stay in force until then. After a panic no entry is made, also after
a restart of the bot, until:
  robustop resume
"""

RESUME_EPILOG = """
\b
Example:
  robustop resume --reason "exchange is back"

\b
All earlier requests end, including exits of single trades that are not made yet. The drawdown of
the portfolio is then measured from its equity when the bot sees the resume.
"""

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.command("panic", epilog=EPILOG)
@with_database
@click.option("--reason", default="by hand", show_default=True, help="Reason, for the log and the messages of the bot.")
@click.option("--pair", help="Close the open trades of this pair only; entries continue.")
@click.option("--trade-id", type=int, help="Close this trade only; entries continue.")
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
    """Close every position and make no entry until `robustop resume`; or close single trades.

    It shows what will be closed, and asks for confirmation.

    Exit status 0: the request is made. 1: not confirmed, or there is no such open trade. 2: the trade database
    could not be read or written.
    """
    engine = open_engine(db_url, configs)
    everything = pair is None and trade_id is None
    trades = or_refuse(lambda: open_trades(engine), engine)
    chosen = [trade for trade in trades if pair in (None, trade.pair) and trade_id in (None, trade.trade_id)]
    if not as_json:
        _print_trades(chosen, engine)
    if not chosen and not everything:
        _give_up(f"there is no such open trade; open are {_listed(trades)}")
    what = "close all of them and make no entry until `robustop resume`" if everything else "close it"
    _confirm(f"Ask the bot to {what}?", yes)
    kind, ids = (PANIC, (None,)) if everything else (EXIT, tuple(trade.trade_id for trade in chosen))
    or_refuse(lambda: Requests(engine).ask(kind, time.time(), reason, ids), engine)
    following = options_as_given(db_url, configs)
    _print_result(
        as_json,
        {"asked": kind, "reason": reason, "trades": [trade._asdict() for trade in chosen]},
        _next(kind, following),
    )


@click.command("resume", epilog=RESUME_EPILOG)
@with_database
@click.option("--reason", default="by hand", show_default=True, help="Reason, kept in the trade database.")
@YES
@AS_JSON
def resume_command(db_url: str | None, configs: tuple[Path, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Allow entries again after a panic or a drawdown.

    Exit status 0: done. 1: nothing to resume, or not confirmed. 2: the trade database could not be read or
    written.
    """
    engine = open_engine(db_url, configs)
    or_refuse(lambda: open_trades(engine), engine)
    requests = Requests(engine)
    standing = or_refuse(requests.standing, engine)
    reasons = _reasons(standing)
    if not reasons:
        _give_up("entries are not halted, and no exit is requested")
    if not as_json:
        click.echo("\n".join(reasons))
    _confirm("Allow entries again?", yes)
    or_refuse(lambda: requests.ask(RESUME, time.time(), reason), engine)
    _print_result(
        as_json, {"asked": RESUME, "reason": reason, "stood": reasons}, "resumed: the bot makes entries again"
    )


def _reasons(standing: Standing) -> list[str]:
    """Return the requests that a resume ends, in words."""
    reasons = [f"panic: {standing.panic}"] if standing.panic is not None else []
    if standing.drawdown is not None:
        reasons.append(f"drawdown: {standing.drawdown}")
    return reasons + [
        f"exit of trade {trade_id}: {request.reason}" for trade_id, request in sorted(standing.exits.items())
    ]


def _next(kind: str, following: str) -> str:
    if kind == EXIT:
        return "requested: a running bot closes it within seconds; to withdraw the request, robustop resume" + following
    return (
        "requested: a running bot starts to close within seconds, a stopped bot when it starts\n"
        f"next: watch its log; to allow entries again, robustop resume{following}"
    )


def _print_result(as_json: bool, data: dict[str, Any], words: str) -> None:
    click.echo(json.dumps(data, indent=1) if as_json else words)


def _print_trades(trades: list[OpenTrade], engine: sa.Engine) -> None:
    """Print the trades that will be closed."""
    click.echo(f"open trades in {shown(str(engine.url))}: {len(trades)}")
    if trades:
        table = Table("trade", "pair", "side", "amount", "entry", "stop")
        for trade in trades:
            stop = "" if trade.stop is None else f"{trade.stop:.10g}"
            table.add_row(
                str(trade.trade_id), trade.pair, trade.side, f"{trade.amount:.10g}", f"{trade.entry:.10g}", stop
            )
        Console().print(table)


def _listed(trades: list[OpenTrade]) -> str:
    return ", ".join(f"{trade.trade_id} ({trade.pair})" for trade in trades) or "none"


def _confirm(question: str, yes: bool) -> None:
    """Ask for confirmation; end the command without it."""
    try:
        if yes or click.confirm(question, err=True):
            return
    except click.Abort:
        pass
    _give_up("not confirmed: no request was made (--yes skips the question)")


def _give_up(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(NOT_DONE)

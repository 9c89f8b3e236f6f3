"""`robustop adjust`: asks a running bot to tighten stops."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from robustop_plugin.audit.adjustments import Adjustments
from robustop_plugin.audit.requests import Requests
from robustop_plugin.cli.adjust_options import check_choice, wish_of, with_options
from robustop_plugin.cli.adjust_output import answer, print_plans, summary, wait_for
from robustop_plugin.cli.database import CONFIG, open_engine, options_as_given, or_refuse, with_database
from robustop_plugin.operate.adjustable_trades import AdjustableTrade, adjustable_trades
from robustop_plugin.operate.adjusting import Plan, Wish, plan, request_of

NOT_DONE = 1
EPILOG = """
\b
Examples:
  robustop adjust --trade-id 7 --stop 98.5 --dry-run
  robustop adjust --trade-id 7 --stop 98.5 --reason "news at noon" --wait 30
  robustop adjust --pair BTC/USDT --breakeven --fee-percent 0.2
  robustop adjust --all --breakeven --db-url sqlite:////srv/bot/tradesv3.sqlite --json

\b
A stop only tightens: one that is looser than the stop in force, or equal, is refused. The request is a row
in the trade database. A running bot takes it once, at its next look at the trade, a stopped bot when it
starts; then the stop moves as any other, by the gate of an exchange too. To see the outcome:
  robustop audit --trade-id 7
With --config the price is asked from the exchange as the bot asks it. A stop beyond the price would close
the trade at the next look, and needs --yes; the bot itself refuses it otherwise.
"""


@click.command("adjust", epilog=EPILOG)
@with_database
@with_options
def adjust_command(
    db_url: str | None,
    configs: tuple[Path, ...],
    trade_id: int | None,
    pair: str | None,
    everything: bool,
    dry_run: bool,
    wait: float | None,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Ask the bot to tighten the stop of a trade, of a pair's trades, or of all.

    Exit status 0: every chosen stop is asked for, and with --wait taken. 1: a stop is refused or not taken in time,
    or there is no such open trade. 2: invalid input, or the trade database could not be read or written.
    """
    check_choice(trade_id=trade_id, pair=pair, everything=everything, stop=wanted["stop"])
    wish = wish_of(**wanted)
    engine = open_engine(db_url, configs)
    trades = or_refuse(lambda: adjustable_trades(engine), engine)
    chosen = [trade for trade in trades if pair in (None, trade.pair) and trade_id in (None, trade.trade_id)]
    if not chosen:
        listed = ", ".join(f"{trade.trade_id} ({trade.pair})" for trade in trades) or "none"
        click.echo(f"there is no such open trade; open are {listed}", err=True)
        sys.exit(NOT_DONE)
    table = Adjustments(Requests(engine))
    plans, prices_from = _plans(chosen, wish, table, engine, db_url, configs)
    numbers = {} if dry_run else or_refuse(lambda: _ask(table, plans, wish), engine)
    answers = or_refuse(lambda: wait_for(table, list(numbers.values()), wait or 0.0), engine) if numbers else {}
    done = all(one.refused is None for one in plans)
    if wait is not None:
        done = done and len(answers) == len(numbers) and all(one.refused is None for one in answers.values())
    if as_json:
        click.echo(json.dumps(_as_json(plans, numbers, answers, dry_run=dry_run), indent=1))
    else:
        print_plans(plans, prices_from)
        for one in plans:
            if wait is not None and one.trade.trade_id in numbers:
                click.echo(answer(one, answers.get(numbers[one.trade.trade_id]), wait))
        click.echo(summary(plans, dry_run=dry_run))
        click.echo(_next(options_as_given(db_url, configs), chosen, dry_run=dry_run, asked=bool(numbers)))
    sys.exit(0 if done else NOT_DONE)


def _plans(
    chosen: list[AdjustableTrade],
    wish: Wish,
    table: Adjustments,
    engine: sa.Engine,
    db_url: str | None,
    configs: tuple[Path, ...],
) -> tuple[list[Plan], str]:
    """Return what would change in each trade, and where the prices come from."""
    prices, prices_from = _prices(chosen, configs or (() if db_url else (CONFIG,)))
    pending = or_refuse(table.pending_if_there, engine)
    return [plan(trade, wish, pending, prices.get((trade.pair, trade.side))) for trade in chosen], prices_from


def _prices(chosen: list[AdjustableTrade], configs: tuple[Path, ...]) -> tuple[dict[tuple[str, int], float], str]:
    """Return the prices of the trades as far as they are known, and where they come from."""
    if not configs:
        return {}, "not asked for, since no --config names the exchange"
    # Loading Freqtrade takes seconds: only if its configuration is given.
    from robustop_plugin.runner.exit_prices import exit_prices  # noqa: PLC0415

    positions = sorted({(trade.pair, trade.side) for trade in chosen if trade.why_not is None})
    prices, why = exit_prices(configs, positions)
    return prices, "the exchange's, for an exit now" if why is None else f"not all are known: {' '.join(why.split())}"


def _ask(table: Adjustments, plans: list[Plan], wish: Wish) -> dict[int, int]:
    """Write the requests; return their numbers by trade."""
    wanted = [one for one in plans if one.refused is None]
    now = time.time()
    numbers = table.ask([request_of(one, wish, now) for one in wanted]) if wanted else []
    return {one.trade.trade_id: number for one, number in zip(wanted, numbers, strict=True)}


def _as_json(plans: list[Plan], numbers: dict[int, int], answers: dict[int, Any], *, dry_run: bool) -> dict[str, Any]:
    trades = []
    for one in plans:
        number = numbers.get(one.trade.trade_id)
        verdict = None if number is None else answers.get(number)
        answered = None if verdict is None else verdict._asdict()
        trades.append({**one.to_dict(), "request": number, "answer": answered})
    refused = sum(one.refused is not None for one in plans)
    return {"dry_run": dry_run, "asked": len(numbers), "refused": refused, "trades": trades}


def _next(following: str, chosen: list[AdjustableTrade], *, dry_run: bool, asked: bool) -> str:
    if dry_run:
        return "nothing was written; to ask for it, leave out --dry-run"
    if not asked:
        return "nothing was written"
    only = f" --trade-id {chosen[0].trade_id}" if len(chosen) == 1 else ""
    return f"next: a running bot takes it at its next look; to see the outcome, robustop audit{only}{following}"

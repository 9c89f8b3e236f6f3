"""What `robustop adjust` prints: the table, the summary, and what the bot has answered."""

import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from robustop_plugin.audit.adjustments import Adjustments, Verdict
from robustop_plugin.core.side import LONG
from robustop_plugin.operate.adjusting import Plan

SECONDS_BETWEEN_LOOKS = 0.2


def print_plans(plans: Sequence[Plan], prices_from: str) -> None:
    """Print what would change in each trade."""
    table = Table(box=None, header_style="bold")
    for name in ("trade", "pair", "side"):
        table.add_column(name)
    for name in ("entry", "price", "stop now", "new stop", "R"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for plan in plans:
        side = "long" if plan.trade.side == LONG else "short"
        prices = [_number(value) for value in (plan.trade.entry, plan.price, plan.old_stop, plan.new_stop)]
        multiple = "" if plan.r is None else f"{plan.r:+.2f}"
        table.add_row(str(plan.trade.trade_id), plan.trade.pair, side, *prices, multiple, _remark(plan))
    Console().print(table)
    click.echo(f"prices: {prices_from}")


def summary(plans: Sequence[Plan], *, dry_run: bool) -> str:
    """Return how many stops are asked for, and why others are not."""
    refused = [plan for plan in plans if plan.refused is not None]
    verb = "would be asked" if dry_run else "asked"
    text = f"{len(plans) - len(refused)} {verb}, {len(refused)} refused"
    reasons = "; ".join(f"trade {plan.trade.trade_id} ({plan.trade.pair}): {plan.refused}" for plan in refused)
    return f"{text}: {reasons}" if reasons else text


def wait_for(table: Adjustments, numbers: Sequence[int], seconds: float) -> dict[int, Verdict]:
    """Return what a bot has done with requests, after at most so many seconds.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = {verdict.number: verdict for verdict in table.verdicts(numbers)}
        if len(found) == len(numbers) or time.monotonic() >= deadline:
            return found
        time.sleep(min(SECONDS_BETWEEN_LOOKS, max(0.0, deadline - time.monotonic())))


def answer(plan: Plan, verdict: Verdict | None, seconds: float) -> str:
    """Return what a bot has done with one request."""
    trade = f"trade {plan.trade.trade_id} ({plan.trade.pair})"
    if verdict is None:
        return f"{trade}: not taken within {seconds:g} s; the request stays: is the bot running, with this robustop?"
    if verdict.refused is not None:
        return f"{trade}: the bot refused it: {verdict.refused}"
    return f"{trade}: taken, the stop was {_number(verdict.old_stop)} and {_number(verdict.new_stop)} is desired"


def _remark(plan: Plan) -> str:
    if plan.refused is not None:
        return f"refused: {plan.refused}"
    if plan.closes:
        return "closes the trade at the next look"
    if plan.closes is None:
        return "the bot refuses it if its price is beyond it, unless --yes is given"
    return ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"

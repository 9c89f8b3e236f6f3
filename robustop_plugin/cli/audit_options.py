"""The options of `robustop audit` that choose records, and the times in them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from robustop_plugin.audit.selection import Selection
from robustop_plugin.cli.errors import refuse

AGO = re.compile(r"(\d+(?:\.\d+)?)([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
WHEN = "a date, a date and time (UTC), or 90m, 12h, 7d for that long ago"

OPTIONS = (
    click.option("--trade-id", type=int, help="Only the trade with this number."),
    click.option("--pair", help="Only trades of this pair."),
    click.option("--since", help=f"Not before this time: {WHEN}."),
    click.option("--until", help="Before this time, in the same form."),
    click.option("--today", is_flag=True, help="Since midnight (UTC)."),
    click.option("--engine", "engines", multiple=True, help="Only what this engine did, or `manual`, `host`, ..."),
    click.option("--rule", "rules", multiple=True, help="Only this rule: initial, breakeven, trail, stop."),
    click.option("--action", "actions", multiple=True, help="Only this action: move, adjusted, exit, closed, ..."),
)


def with_selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def selection_of(
    *,
    trade_id: int | None,
    pair: str | None,
    since: str | None,
    until: str | None,
    today: bool,
    engines: tuple[str, ...],
    rules: tuple[str, ...],
    actions: tuple[str, ...],
) -> Selection:
    """Return which records are wanted; end the command if a time is none."""
    now = datetime.now(UTC)
    if today and since is not None:
        refuse(f"--since was {since!r} beside --today: give one of them")
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() if today else None
    if since is not None:
        begin = _moment("--since", since, now)
    end = None if until is None else _moment("--until", until, now)
    if begin is not None and end is not None and end <= begin:
        refuse(f"--until was {until!r}: it must be after the time from which records are shown")
    return Selection(trade_id, pair, begin, end, engines, rules, actions)


def _moment(name: str, text: str, now: datetime) -> float:
    """Return a time in seconds since the epoch; without a time zone it is UTC."""
    ago = AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            return (now - timedelta(**{UNITS[ago[2]]: float(ago[1])})).timestamp()
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        refuse(f"{name} was {text!r}: it must be {WHEN}, such as 2026-01-31 or 12h")

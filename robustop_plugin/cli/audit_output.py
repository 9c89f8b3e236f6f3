"""What `robustop audit` prints: a story for each trade, or one table in the order of the records."""

from collections import Counter
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from robustop_plugin.audit.story import moment, number, reason_of, stories, trade_of


def print_stories(records: list[dict[str, Any]]) -> None:
    """Print one story for each trade."""
    console = Console()
    for index, story in enumerate(stories(records)):
        if index:
            click.echo()
        console.print(story.title, style="bold", highlight=False, soft_wrap=True)
        table = Table(box=None, header_style="dim")
        for name, justify in (("time (UTC)", "left"), ("what happened", "left"), ("stop", "right"), ("R", "right")):
            table.add_column(name, justify=justify, no_wrap=name != "what happened")  # type: ignore[arg-type]
        table.add_column("why", overflow="fold")
        for event in story.events:
            table.add_row(*event)
        console.print(table)


def print_table(records: list[dict[str, Any]]) -> None:
    """Print records as one table, in the order in which they were made."""
    table = Table(box=None, header_style="bold")
    for name, justify in (("time (UTC)", "left"), ("trade", "right"), ("pair", "left"), ("what", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("price", "stop before", "stop after"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    names = _names(records)
    for record in records:
        side = "" if record["side"] > 0 else " short"
        prices = [number(record[name]) for name in ("price", "old_stop", "new_stop")]
        trade = f"{record['pair']}{side}"
        table.add_row(
            moment(record["time"]), names[trade_of(record)], trade, record["action"], *prices, reason_of(record)
        )
    Console().print(table)


def _names(records: list[dict[str, Any]]) -> dict[tuple[int, float], str]:
    """Return what each trade is called: its number, with its opening if SQLite gave that number to several trades."""
    trades = {trade_of(record) for record in records}
    numbers = Counter(trade_id for trade_id, _ in trades)
    return {
        (trade_id, opened): f"{trade_id}" if numbers[trade_id] == 1 else f"{trade_id} of {moment(opened)}"
        for trade_id, opened in trades
    }

"""The findings of `robustop check` as a table."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

COLORS = {"ok": "green", "note": "yellow", "problem": "bold red", "not loaded": "bold red", "value": "dim"}
WIDTH = 120
"""Columns of a table that is printed into a file or a pipe."""


def table_console() -> Console:
    """Return a console for tables."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    return console


def show_report(console: Console, strategy: str, findings: Sequence[Any], *, titled: bool) -> None:
    """Print the findings about one strategy.

    Args:
        console: Where to print.
        strategy: Name of the strategy.
        findings: Findings, each with subject, verdict and detail.
        titled: True to print the name of the strategy above.
    """
    table = Table("check", "result", "detail", title=strategy if titled else None, title_justify="left")
    for subject, verdict, detail in findings:
        table.add_row(escape(subject), f"[{COLORS[verdict]}]{verdict}[/]", escape(detail))
    console.print(table)

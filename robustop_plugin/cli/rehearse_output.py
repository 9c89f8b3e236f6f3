"""What `robustop rehearse` prints."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

COLORS = {"passed": "green", "failed": "red", "incurable": "yellow"}


def list_scenarios(*, as_json: bool) -> None:
    """Print the name and the sentence of every scenario."""
    from robustop_plugin.rehearsal.catalogue import find_scenario, scenario_names  # noqa: PLC0415 (slow to import)

    found = [find_scenario(name) for name in scenario_names()]
    if as_json:
        fields = {"name", "sentence", "kinds", "stops"}
        click.echo(json.dumps([scenario.model_dump(include=fields) for scenario in found], indent=1))
        return
    table = Table("scenario", "what happens")
    for scenario in found:
        table.add_row(scenario.name, scenario.sentence)
    Console().print(table)


@contextmanager
def progress_of(console: Console) -> Iterator[Callable[[str], None]]:
    """Show a spinner while rehearsals run; yield what sets its text."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda text: progress.update(task, description=text)


def print_line(console: Console, moment: float, text: str) -> None:
    """Print a line of a timeline."""
    console.print(f"{moment:7.2f} s  {text}", highlight=False, markup=False, soft_wrap=True)


def print_verdict(console: Console, report: dict[str, Any], *, whole: bool) -> None:
    """Print a verdict, and with `whole` every expectation."""
    if whole:
        for finding in report["expectations"]:
            mark = "ok    " if finding["met"] else "FAILED"
            text = f"{mark} {finding['expectation']}: {finding['detail']}"
            console.print(text, highlight=False, markup=False, soft_wrap=True)
    color = COLORS[report["verdict"]]
    where = f"{report['scenario']} ({report['kind']}, stop {_place(report['stop'])})"
    console.print(f"[{color}]{report['verdict'].upper():9}[/] {where}", highlight=False, soft_wrap=True)
    console.print(report["sentence"], highlight=False, markup=False, soft_wrap=True)


def _place(stop: str) -> str:
    return "in the bot" if stop == "bot" else "on the exchange"

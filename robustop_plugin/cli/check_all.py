"""`robustop check --all`: every strategy of a folder, as a table with a summary."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from robustop_plugin.cli.check_table import COLORS, table_console
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.sweep_progress import progress_display

if TYPE_CHECKING:  # loading Freqtrade takes seconds: skip it for --help
    from robustop_plugin.runner.checks.folder import CheckedFile
    from robustop_plugin.runner.checks.request import Request
    from robustop_plugin.runner.checks.summary import Summary

RESULTS = {0: "ok", 1: "problem", 2: "not loaded"}
DEFAULT_FOLDER = Path("strategies")
"""Freqtrade's folder of strategies, in the user data folder."""


def check_all(request: "Request", seconds: int, jobs: int, *, as_json: bool) -> int:
    """Check every strategy of a folder; return the exit status.

    Args:
        request: The configuration and the folders.
        seconds: The longest time for a file.
        jobs: Number of processes.
        as_json: True to print JSON instead of a table.
    """
    from robustop_plugin.runner.checks.folder import check_files, strategy_files  # noqa: PLC0415
    from robustop_plugin.runner.checks.summary import summarize  # noqa: PLC0415

    folder = request.strategy_path or (request.userdir or Path("user_data")) / DEFAULT_FOLDER
    files = strategy_files(folder, recursive=request.recursive) if folder.is_dir() else []
    if not files:
        refuse(f"{folder} has no Python file: name the folder of the strategies with --strategy-path")
    checked: list[CheckedFile] = []
    with progress_display(Console(stderr=True)) as display:
        display.show_stage("loading Freqtrade")
        advance = display.start_counting("files checked", len(files))
        for file in check_files(request, files, seconds, jobs):
            checked.append(file)
            display.show_stage(file.path.name)
            advance(1)
    checked.sort(key=lambda file: file.path)
    summary = summarize(checked)
    if as_json:
        click.echo(json.dumps(_as_data(checked, summary), indent=1))
    else:
        _show(table_console(), folder, checked, summary)
    return summary.status


def _as_data(checked: "list[CheckedFile]", summary: "Summary") -> dict[str, Any]:
    from robustop_plugin.cli.check import as_data  # noqa: PLC0415 (it imports this module)

    reasons = [reason._asdict() for reason in summary.reasons]
    reports = [as_data(report) for file in checked for report in file.reports]
    return {**summary._asdict(), "reasons": reasons, "results": reports}


def _show(console: Console, folder: Path, checked: "list[CheckedFile]", summary: "Summary") -> None:
    table = Table("file", "strategy", "result", "reason")
    for file in checked:
        name = file.path.relative_to(folder.resolve()) if file.path.is_relative_to(folder.resolve()) else file.path
        for report in file.reports:
            result = RESULTS[report.status]
            reason = report.problems or [finding.detail for finding in report.findings if not report.loads]
            more = f" (and {len(reason) - 1} more)" if len(reason) > 1 else ""
            cells = (escape(str(name)), escape(report.strategy), f"[{COLORS[result]}]{result}[/]")
            table.add_row(*cells, escape(f"{reason[0]}{more}") if reason else "")
    console.print(table)
    none = f", {summary.without_strategy} without a strategy" if summary.without_strategy else ""
    loads = f"{summary.files_loaded} load in Freqtrade by themselves, {summary.files_passed} of them pass"
    lines = [
        f"{summary.files} files{none}: {loads}",
        f"{summary.strategies} strategies: {summary.loaded} load, {summary.passed} pass",
        *(f"{number:5} x {kind}: {reason}" for kind, reason, number, _ in summary.reasons),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

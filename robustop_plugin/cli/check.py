"""`robustop check`: would the stops work?"""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from robustop_plugin.cli.errors import refuse
from robustop_plugin.core.errors import InvalidSettings

PROBLEMS_FOUND = 1
COLORS = {"ok": "green", "note": "yellow", "problem": "bold red"}

EPILOG = """
\b
Example:
  robustop check --config config.json --strategy HandSpanTrend --strategy-path strategies
"""


@click.command("check", epilog=EPILOG)
@click.option(
    "-c",
    "--config",
    "configs",
    multiple=True,
    default=["config.json"],
    show_default=True,
    type=click.Path(path_type=Path),
    help="Freqtrade configuration; may be given more than once, later files override earlier ones.",
)
@click.option("-s", "--strategy", required=True, help="Name of the strategy class.")
@click.option("--strategy-path", type=click.Path(path_type=Path), help="Folder with the strategy file.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON instead of a table.")
def check_command(configs: tuple[Path, ...], strategy: str, strategy_path: Path | None, as_json: bool) -> None:
    """Check a strategy and its configuration: settings, order of base classes, conflicts that disable the stops.

    No exchange is contacted and nothing is traded.

    Exit status 0: the stops would work. 1: a conflict disables them, and the finding says what to do. 2: the
    configuration or the strategy could not be loaded.
    """
    for path in (*configs, *([strategy_path] if strategy_path else [])):
        if not path.exists():
            refuse(f"{path} was not found: see --config and --strategy-path")
    # Loading Freqtrade takes seconds: skip it for --help and for a wrong path.
    from robustop_plugin.runner.check import check_strategy  # noqa: PLC0415

    try:
        findings = check_strategy(configs, strategy, strategy_path)
    except InvalidSettings as error:
        refuse(str(error))
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        table = Table("check", "result", "detail")
        for subject, verdict, detail in findings:
            table.add_row(subject, f"[{COLORS[verdict]}]{verdict}[/]", detail)
        Console().print(table)
    if any(finding.verdict == "problem" for finding in findings):
        sys.exit(PROBLEMS_FOUND)

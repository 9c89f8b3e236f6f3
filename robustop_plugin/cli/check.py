"""`robustop check`: would the stops work?"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustop_plugin.cli.check_options import EPILOG, with_options
from robustop_plugin.cli.check_table import show_report, table_console
from robustop_plugin.cli.config_files import found_configs
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.variadic import VariadicCommand
from robustop_plugin.core.errors import InvalidSettings

if TYPE_CHECKING:  # loading Freqtrade takes seconds: skip it for --help
    from robustop_plugin.runner.checks.finding import Report
    from robustop_plugin.runner.checks.request import Request

NOT_LOADED = 2


@click.command("check", epilog=EPILOG, cls=VariadicCommand, several=("--strategy-list",))
@with_options
def check_command(**options: Any) -> None:
    """Check strategies and their configuration: settings, conflicts, what works beside what, where values come from.

    A strategy without robustop is checked as if it were protected. No exchange is contacted, nothing is traded, and
    no file is written.

    Exit status 0: the stops would work. 1: a problem, and the finding says what to do. 2: the configuration cannot be
    read, or Freqtrade itself cannot load the strategy.
    """
    _check_paths(options)
    # Loading Freqtrade takes seconds: skip it for --help and for a wrong path.
    from robustop_plugin.runner.checks.request import Request  # noqa: PLC0415

    request = Request(
        configs=found_configs(options["configs"], options["userdir"]),
        userdir=options["userdir"],
        strategy_path=options["strategy_path"],
        recursive=options["recursive"],
    )
    if options["everything"]:
        from robustop_plugin.cli.check_all import check_all  # noqa: PLC0415

        sys.exit(check_all(request, options["seconds"], options["jobs"], as_json=options["as_json"]))
    sys.exit(_check_named(request, options))


def _check_paths(options: dict[str, Any]) -> None:
    """Reject paths that do not exist, and options that contradict each other."""
    named = {"--config": options["configs"], "--strategy-path": [options["strategy_path"]]}
    for name, paths in (named | {"--userdir": [options["userdir"]]}).items():
        for path in paths:
            if path is not None and not Path(path).exists():
                refuse(f"{path} was not found: see {name}")
    if options["strategy"] and options["strategy_list"]:
        refuse("--strategy and --strategy-list were both given: use one of them")
    if options["everything"] and (options["strategy"] or options["strategy_list"]):
        refuse("--all checks every strategy of a folder: leave --strategy and --strategy-list out")


def _check_named(request: "Request", options: dict[str, Any]) -> int:
    """Check the strategies that were named; return the exit status."""
    from robustop_plugin.runner.check import check_strategy  # noqa: PLC0415

    names = list(options["strategy_list"]) or [options["strategy"]]
    try:
        reports = [check_strategy(request, name) for name in names]
    except InvalidSettings as error:
        refuse(str(error))
    if options["as_json"]:
        single = not options["strategy_list"]
        click.echo(json.dumps(_findings(reports[0]) if single else [as_data(report) for report in reports], indent=1))
    else:
        console = table_console()
        for report in reports:
            show_report(console, report.strategy, report.findings, titled=len(reports) > 1)
    for report in reports:
        if not report.loads:
            click.echo(f"error: {report.strategy}: {report.findings[0].detail}", err=True)
    return max(report.status for report in reports)


def as_data(report: "Report") -> dict[str, Any]:
    """Return a report as JSON-ready data."""
    return {"strategy": report.strategy, "file": report.file, "status": report.status, "findings": _findings(report)}


def _findings(report: "Report") -> list[dict[str, str]]:
    return [finding._asdict() for finding in report.findings]

"""`robustop protect`: a protected strategy beside the user's."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustop_plugin.cli.check_table import show_report, table_console
from robustop_plugin.cli.config_files import found_configs
from robustop_plugin.cli.engine_pictures import PICTURES, all_pictures
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.subject_options import STRATEGY_PATH, USERDIR
from robustop_plugin.core.errors import InvalidSettings

if TYPE_CHECKING:  # loading Freqtrade takes seconds: skip it for --help
    from robustop_plugin.runner.checks.finding import Report
    from robustop_plugin.runner.checks.request import Request
    from robustop_plugin.runner.protect import Original, Protected

DEFAULT_ENGINE = "hand_span"
EPILOG = """
\b
Examples:
  robustop protect MyStrategy
  robustop protect MyStrategy --engine atr_guard --no-partials
  robustop protect PlainTrend --strategy-path strategies --engine smart_trail --engine hand_span --partials
"""


@click.command("protect", epilog=EPILOG)
@click.argument("strategy")
@click.option(
    "-c",
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Freqtrade configuration; may be given more than once.  "
    "[default: user_data/config.json or config.json, as in Freqtrade; without either, none]",
)
@USERDIR
@STRATEGY_PATH
@click.option("--recursive-strategy-search", "recursive", is_flag=True, help="Search the folders below it too.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(list(PICTURES)),
    help="How the stop moves; may be given more than once, the tightest stop is in force.  [asked if missing]",
)
@click.option(
    "--partials/--no-partials", default=None, help="Sell parts of a position at 2R, 3R and 4R.  [asked if missing]"
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write.  [default: FILE_protected.py beside the strategy]"
)
@click.option("--force", is_flag=True, help="Replace files that exist; never the strategy itself.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written and found as JSON.")
def protect_command(strategy: str, **options: Any) -> None:
    """Write a strategy that derives from STRATEGY and adds robustop's stops, and check it.

    The file of STRATEGY is never changed. Its parameter file, if there is one, is copied under the new name, because
    Freqtrade loads parameters by the name of the class.

    Exit status 0: the stops would work. 1: written, but the check has found a problem. 2: nothing was written.
    """
    for name, paths in {"--config": options["configs"], "--strategy-path": [options["strategy_path"]]}.items():
        for path in paths:
            if path is not None and not path.exists():
                refuse(f"{path} was not found: see {name}")
    # Loading Freqtrade takes seconds: skip it for --help and for a wrong path.
    from robustop_plugin.runner.checks.request import Request  # noqa: PLC0415
    from robustop_plugin.runner.protect import check_protected, find_original, write_protected  # noqa: PLC0415

    configs = found_configs(options["configs"], options["userdir"])
    request = Request(configs, options["userdir"], options["strategy_path"], options["recursive"])
    try:
        original = find_original(request, strategy)
        engines, partials = _choice(options)
        output = options["output"] or original.default_output
        written = write_protected(original, output, engines, partials=partials, overwrite=options["force"])
        report = check_protected(request, written)
    except InvalidSettings as error:
        refuse(str(error))
    _show(original, written, report, next_commands(request, original), as_json=options["as_json"])
    sys.exit(min(report.status, 1))


def _choice(options: dict[str, Any]) -> tuple[list[str], bool]:
    """Return the engines and whether parts are sold; ask on the terminal for what was not given."""
    engines, partials = list(dict.fromkeys(options["engines"])), options["partials"]
    try:
        if not engines:
            click.echo(all_pictures(), err=True)
            kind = click.Choice(list(PICTURES))
            engines = [click.prompt("How should the stop move?", type=kind, default=DEFAULT_ENGINE, err=True)]
        if partials is None:
            question = "Sell half of a position at a profit of 2R, a quarter at 3R and the rest at 4R?"
            partials = click.confirm(question, default=False, err=True)
    except click.Abort:
        refuse("not all choices were made: name them, as in --engine hand_span --no-partials")
    return engines, bool(partials)


def next_commands(request: "Request", original: "Original") -> list[str]:
    """Return the commands that compare both strategies, and that start a dry run of the protected one."""
    words: list[str] = []
    for config in request.configs:
        words += ["--config", str(config)]
    for name, path in (("--userdir", request.userdir), ("--strategy-path", request.strategy_path)):
        words += [] if path is None else [name, str(path)]
    words += ["--recursive-strategy-search"] if request.recursive else []
    both = ["--strategy-list", original.strategy, original.protected, "--cache", "none"]
    return [
        shlex.join(["freqtrade", "backtesting", *words, *both]),
        shlex.join(["freqtrade", "trade", *words, "--strategy", original.protected, "--dry-run"]),
    ]


def _show(original: "Original", written: "Protected", report: "Report", commands: list[str], *, as_json: bool) -> None:
    """Print what was written, the findings and the next commands."""
    if as_json:
        from robustop_plugin.cli.check import as_data  # noqa: PLC0415 (only here)

        parameters = None if written.parameters is None else str(written.parameters)
        data = {"strategy": written.strategy, "file": str(written.file), "parameters": parameters}
        click.echo(json.dumps({**data, "check": as_data(report), "next": commands}, indent=1))
        return
    show_report(table_console(), report.strategy, report.findings, titled=True)
    click.echo(f"written     {written.file}; {original.file.name} is unchanged")
    if written.parameters is not None:
        click.echo(
            f"parameters  {written.parameters}: a copy of those of {original.strategy}; after another hyperopt of "
            f"{original.strategy}, copy them again with --force"
        )
    compare, dry_run = commands
    click.echo(f"compare     {compare}")
    click.echo(f"dry run     {dry_run}")

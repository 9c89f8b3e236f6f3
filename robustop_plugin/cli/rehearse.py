"""`robustop rehearse`: a real bot process, a simulated disaster, a verdict."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from robustop_plugin.cli.config_files import found_configs
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.rehearse_options import EPILOG, with_options
from robustop_plugin.cli.rehearse_output import list_scenarios, print_line, print_verdict, progress_of
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.signals import ended_by_signals

if TYPE_CHECKING:  # loading Freqtrade takes seconds: skip it for --help
    from robustop_plugin.rehearsal.plan import Planned

NOT_MET = 1


@click.command("rehearse", epilog=EPILOG)
@with_options
def rehearse_command(**options: Any) -> None:
    """Rehearse a disaster: your strategy and configuration, a real bot process, a loopback exchange, a verdict.

    Copies of your strategy and configuration trade live at an exchange on this machine, with its keys. Nothing of
    yours is changed, and nothing reaches the internet. A scenario then moves prices, fails calls, kills the bot or acts
    as you would; the rehearsal watches every order and every stop, and prints what happened with a verdict.

    Entries are forced and signals of the strategy's columns are left out: a scenario says when there is a position.
    Stops, callbacks, sizes and order types are the strategy's own. A strategy without robustop is rehearsed as if
    it were protected; --plain leaves robustop out.

    Exit status 0: every expectation was met, or failed only for a named reason that no strategy can cure. 1: an
    expectation failed. 2: invalid input.
    """
    if options["list_only"]:
        list_scenarios(as_json=options["as_json"])
        return
    if bool(options["scenarios"]) == options["everything"]:
        refuse("name what to rehearse: --scenario NAME (may be given more than once) or --all; --list shows the names")
    keep, output = options["keep"], options["output"]
    if keep is not None and keep.exists() and any(keep.iterdir()):
        refuse(f"--keep was {keep}: it must be an empty folder, or one that does not exist")
    if output is not None and not output.absolute().parent.is_dir():
        refuse(f"--output was {output}: its folder does not exist")
    try:
        with ended_by_signals(), TemporaryDirectory(prefix="rehearsal-") as folder:
            # A bot runs in its own folder, where a relative path would lead elsewhere.
            reports = _rehearse(options, (keep or Path(folder)).absolute())
    except InvalidSettings as error:
        refuse(f"{error}")
    except KeyboardInterrupt:
        refuse("interrupted; every bot and every exchange has ended")
    if options["as_json"]:
        click.echo(json.dumps(reports, indent=1))
    if output is not None:
        output.write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    sys.exit(NOT_MET if any(report["verdict"] == "failed" for report in reports) else 0)


def _rehearse(options: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Rehearse everything that was asked for, and return the reports."""
    # Loading Freqtrade takes seconds: skip it for --help and --list.
    from robustop_plugin.rehearsal.jobs import Play, play_all  # noqa: PLC0415
    from robustop_plugin.rehearsal.plan import plan_of  # noqa: PLC0415
    from robustop_plugin.rehearsal.report import report_of  # noqa: PLC0415
    from robustop_plugin.rehearsal.run import Stage  # noqa: PLC0415
    from robustop_plugin.rehearsal.subject import read_subject  # noqa: PLC0415
    from robustop_plugin.runner.checks.request import Request  # noqa: PLC0415

    console = Console(stderr=options["as_json"])
    configs = found_configs(options["configs"], options["userdir"])
    request = Request(configs, options["userdir"], options["strategy_path"], options["recursive"])
    with progress_of(console) as show:
        show("reading strategy and configuration")
        subject = read_subject(request, options["strategy"])
        plan = plan_of(subject, options)
        folder.mkdir(parents=True, exist_ok=True)
        stage = Stage(subject, folder, plain=options["plain"])
        reports: dict[int, dict[str, Any]] = {}
        playing = play_all([Play(stage, planned) for planned in plan], options["jobs"], _listener(console, plan))
        show(f"0 of {len(plan)} played")
        with closing(playing):
            for place, rehearsal in playing:
                reports[place] = report_of(rehearsal)
                print_verdict(console, reports[place], whole=len(plan) == 1)
                show(f"{len(reports)} of {len(plan)} played")
    return [report for _, report in sorted(reports.items())]


def _listener(console: Console, plan: "list[Planned]") -> Callable[[float, str], None]:
    """Return what prints the lines of a timeline: all of them if one scenario is played."""
    if len(plan) > 1:
        return lambda *_: None
    return lambda moment, text: print_line(console, moment, text)

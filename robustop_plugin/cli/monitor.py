"""`robustop monitor`: is a bot healthy, and is everything protected; for a person, and for cron."""

import json
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from robustop_plugin.audit.trade_database import DatabaseUnreadable
from robustop_plugin.cli.config_files import found_configs
from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.monitor_options import EPILOG, OPTIONS
from robustop_plugin.cli.monitor_table import picture, shown
from robustop_plugin.cli.subject_options import with_all
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.operate.configuration import read_configuration, url_in
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.findings.all_findings import FINDINGS
from robustop_plugin.operate.monitor.report import SCHEMA, report_of
from robustop_plugin.operate.monitor.run import look_once, watch_for
from robustop_plugin.operate.monitor.terms import Limits
from robustop_plugin.operate.monitor.watch import Watch

MINUTE = 60.0


@click.command("monitor", epilog=EPILOG)
@with_all(OPTIONS)
def monitor_command(
    configs: tuple[Path, ...],
    userdir: Path | None,
    db_url: str | None,
    duration: float,
    once: bool,
    interval: float,
    ignored: tuple[str, ...],
    silent_after: float,
    stale_after: float,
    resting_after: float,
    as_json: bool,
    report_file: Path | None,
    show: Path | None,
    picture_file: Path | None,
) -> None:
    """Watch a running bot: its state against its database against the orders of its exchange.

    It reads, and changes nothing. Only what two looks in a row have seen is a finding.

    Exit status 0: nothing was found. 1: something critical, or a warning. 2: the bot, its exchange or its trade
    database could not be looked at at the end, or the input is invalid.
    """
    if show is not None:
        report = _kept(show)
        _output(report, report_file, picture_file, as_json=as_json)
        sys.exit(report["status"])
    watch = _watch(found_configs(configs, userdir), db_url, ignored, Limits(silent_after, stale_after, resting_after))
    began = time.time()
    with _live(as_json=as_json) as live:

        def after_each() -> None:
            if live is not None:
                live.update(shown(report_of(watch, began, time.time())), refresh=True)

        if once:
            look_once(watch, after_each)
        else:
            watch_for(watch, duration * MINUTE, interval, after_each)
    report = report_of(watch, began, time.time())
    _output(report, report_file, picture_file, as_json=as_json)
    sys.exit(report["status"])


def _watch(configs: tuple[Path, ...], db_url: str | None, ignored: tuple[str, ...], limits: Limits) -> Watch:
    for name in ignored:
        if name.partition(":")[0] not in FINDINGS:
            refuse(f"--ignore was {name}: it must be one of {', '.join(FINDINGS)}, alone or as NAME:PAIR or NAME:COIN")
    if not configs:
        refuse("there is no configuration: name the bot's own with --config")
    try:
        config = read_configuration(configs)
        return Watch(config, open_for_reading(db_url or url_in(config)), limits, frozenset(ignored))
    except (InvalidSettings, DatabaseUnreadable) as error:
        refuse(str(error))


def _live(*, as_json: bool) -> AbstractContextManager[Any]:
    """Return what shows the table while it changes: only on a terminal."""
    if as_json or not sys.stdout.isatty():
        return nullcontext()
    from rich.live import Live  # noqa: PLC0415 (only on a terminal)

    return Live(auto_refresh=False, transient=True)


def _kept(file: Path) -> dict[str, Any]:
    """Return a report that was written before."""
    try:
        report: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        refuse(f"{file} was no report: {error}; write one with --report")
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        refuse(f"{file} was no report of schema {SCHEMA}: write one with --report")
    return report


def _output(report: dict[str, Any], report_file: Path | None, picture_file: Path | None, *, as_json: bool) -> None:
    """Print a report, and write what is wanted."""
    text = json.dumps(report, indent=1)
    try:
        if report_file is not None:
            report_file.write_text(f"{text}\n", encoding="utf-8")
        if picture_file is not None:
            picture_file.write_text(picture(report), encoding="utf-8")
    except OSError as error:
        refuse(f"{error.filename} could not be written: {error.strerror}; name another file")
    if as_json:
        click.echo(text)
        return
    from rich.console import Console  # noqa: PLC0415 (not for JSON)

    Console().print(shown(report))

"""`robustop metrics`: the live figures of a bot, without Prometheus; and what Prometheus and Grafana need."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from robustop_plugin.cli.errors import refuse
from robustop_plugin.metrics.files import AlreadyThere, install
from robustop_plugin.metrics.reading import Figure, NotOurs, Unreachable, figures, rows, scrape

NOT_DONE = 1
URL = "http://127.0.0.1:9464/metrics"
NEEDS_PACKAGE = 'reading metrics needs a library that is not installed: pip install "robustop[metrics]"'

EPILOG = """
\b
Examples:
  robustop metrics
  robustop metrics --url http://127.0.0.1:9465/metrics --all
  robustop metrics --json
  robustop metrics install monitoring

\b
A bot serves metrics if its settings say so, with the extra `metrics` installed:
  "robustop": {"metrics": {"enabled": true}}
"""

INSTALL_EPILOG = """
\b
Example:
  robustop metrics install monitoring

\b
prometheus.yml           scrapes one bot on this machine
robustop_alerts.yml      the alerts: positions without protection, a dead bot, and four more
robustop_dashboard.json  the dashboard, to import in Grafana
"""


@click.group("metrics", invoke_without_command=True, epilog=EPILOG)
@click.option("--url", default=URL, show_default=True, help="Where the bot serves its metrics.")
@click.option("--all", "everything", is_flag=True, help="Show figures with labels also if they are 0.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON instead of a table.")
@click.pass_context
def metrics_command(context: click.Context, url: str, everything: bool, as_json: bool) -> None:
    """Show the metrics of a running bot as a table, or install what Prometheus and Grafana need.

    Exit status 0: shown. 1: nothing answers there. 2: bad input, or what answers is no bot with robustop.
    """
    if context.invoked_subcommand is not None:
        return
    found = _read(url)
    if as_json:
        click.echo(json.dumps({"url": url, "figures": [figure._asdict() for figure in found]}, indent=1))
        return
    table = Table("metric", "labels", "value", title=url)
    for row in rows(found, everything=everything):
        table.add_row(*row)
    Console().print(table)


def _read(url: str) -> list[Figure]:
    """Return the figures at an address; end the command if there are none."""
    if find_spec("prometheus_client") is None:
        refuse(NEEDS_PACKAGE)
    try:
        return figures(scrape(url))
    except Unreachable as error:
        hint = 'is the bot running, with {"robustop": {"metrics": {"enabled": true}}}, and is --url its address?'
        click.echo(f"{error}; {hint}", err=True)
        sys.exit(NOT_DONE)
    except NotOurs as error:
        refuse(f"{url}: {error}; --url is the address of a bot that runs robustop")
    except ValueError as error:
        refuse(str(error))


@metrics_command.command("install", epilog=INSTALL_EPILOG)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that were changed.")
def install_command(folder: Path, force: bool) -> None:
    """Write the dashboard, the alerts and a configuration of Prometheus into FOLDER.

    Exit status 0: written. 1: a file there was changed, and stays; nothing was written. 2: FOLDER cannot be written.
    """
    try:
        paths = install(folder, force=force)
    except AlreadyThere as error:
        click.echo(f"{error} was changed, and stays: nothing was written; --force overwrites it", err=True)
        sys.exit(NOT_DONE)
    except OSError as error:
        refuse(f"{folder} could not be written: {error}")
    click.echo("\n".join(f"wrote {path}" for path in paths))
    click.echo(
        f"next: prometheus --config.file={paths[0]} --web.listen-address=127.0.0.1:9090\n"
        f"      in Grafana: a data source of the kind Prometheus with http://127.0.0.1:9090, then Dashboards, New, "
        f"Import, {paths[-1].name}"
    )

"""The options of `robustop monitor`, and the end of its help."""

from pathlib import Path

import click

from robustop_plugin.cli.subject_options import USERDIR, Option, config_option
from robustop_plugin.operate.monitor.terms import Limits

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
SECONDS = click.FloatRange(0, min_open=True)
DEFAULTS = Limits()

EPILOG = """
\b
Examples:
  robustop monitor --duration 15
  robustop monitor --once --json
  robustop monitor --duration 60 --interval 30 --report monitor.json
  robustop monitor --show monitor.json

\b
For cron: print only if something is wrong, and say which it was.
  */5 * * * * robustop monitor --once --config /srv/bot/config.json >/tmp/monitor.txt || cat /tmp/monitor.txt

\b
It looks for: position_without_protection, profit_with_stop_below_entry, stop_of_wrong_size,
stop_at_wrong_price, doubled_stop, orphaned_stop, unexplained_holding, stale_price, missing_state,
unusable_state, bot_no_longer_looks, open_breaker, slow_stop_update, partial_exit_rests.

\b
The exchange is asked with the key of the configuration, by calls that only read; a key without the
right to trade will do. Whether the bot still looks at its trades is asked through its REST API
(api_server) or its metrics (robustop.metrics). Leave out what you know, such as coins of your own:
  robustop monitor --ignore unexplained_holding:BTC
"""

OPTIONS: list[Option] = [
    config_option(),
    USERDIR,
    click.option("--db-url", help="URL of the trade database, instead of the configuration's."),
    click.option("--duration", default=15.0, show_default=True, type=SECONDS, help="Minutes to watch."),
    click.option("--once", is_flag=True, help="Look once; again only as long as something has to be confirmed."),
    click.option("--interval", default=10.0, show_default=True, type=SECONDS, help="Seconds between two looks."),
    click.option(
        "--ignore", "ignored", multiple=True, metavar="NAME[:PAIR]", help="Leave out findings; may be given again."
    ),
    click.option(
        "--silent-after",
        default=DEFAULTS.silent,
        show_default=True,
        type=SECONDS,
        help="Seconds without a loop after which the bot looks no longer.",
    ),
    click.option(
        "--stale-after",
        default=DEFAULTS.stale,
        show_default=True,
        type=SECONDS,
        help="Seconds without a trade of a pair after which its price is stale.",
    ),
    click.option(
        "--resting-after",
        default=DEFAULTS.resting,
        show_default=True,
        type=SECONDS,
        help="Seconds that a partial exit may rest.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON instead of a table."),
    click.option("--report", "report_file", type=NEW_FILE, help="Also write the report as JSON into a file."),
    click.option(
        "--show",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Show a report that was written before, and look at nothing.",
    ),
    click.option("--picture", "picture_file", type=NEW_FILE, help="Also draw the table into an SVG file."),
]

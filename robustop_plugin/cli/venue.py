"""`robustop venue`: the loopback exchange."""

from pathlib import Path

import click

from robustop_plugin.cli.errors import refuse
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.server import Venue

PORT = 8899

EPILOG = """
\b
Example, in two terminals:
  robustop venue --datadir user_data/demo/market
  freqtrade backtesting --config config.json --config user_data/offline.json --strategy HandSpanTrend
    --strategy-path strategies --datadir user_data/demo/market
"""


@click.command("venue", epilog=EPILOG)
@click.option(
    "--datadir",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of Freqtrade's feather files; its pairs are listed.",
)
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
def venue_command(datadir: Path, port: int) -> None:
    """Answer on this machine what freqtrade backtesting and hyperopt ask of Binance, until Ctrl-C.

    The overlay user_data/offline.json leads Freqtrade to the default port.

    Exit status 0: ended by Ctrl-C. 2: there are no candles, or the port is taken.
    """
    try:
        venue = Venue(markets_of(datadir))
        pairs = ", ".join(market.pair for market in venue.markets)
        venue.run_forever(port, ready=lambda url: click.echo(f"{url} lists {pairs}; Ctrl-C ends it"))
    except (ValueError, OSError) as error:
        refuse(f"{error}")

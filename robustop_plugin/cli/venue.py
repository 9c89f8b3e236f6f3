"""`robustop venue`: the loopback exchange."""

from datetime import UTC, datetime
from pathlib import Path

import click

from robustop_plugin.cli.errors import refuse
from robustop_plugin.venue.control import PRICE, STATE
from robustop_plugin.venue.control_orders import CANCEL, FILL
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.replay import Replay
from robustop_plugin.venue.server import Venue
from robustop_plugin.venue.signature import KEY, SECRET

PORT = 8899

EPILOG = f"""
\b
Example, in two terminals:
  robustop venue --datadir user_data/demo/market
  freqtrade backtesting --config config.json --config user_data/offline.json --strategy HandSpanTrend
    --strategy-path strategies --datadir user_data/demo/market

\b
A dry run (freqtrade trade with the same two configurations) trades the folder's candles as if they had just
happened: the newest one is running now. Nobody else trades, so the price stands until you move it:
  curl http://127.0.0.1:{PORT}{STATE}
  curl http://127.0.0.1:{PORT}{PRICE} -d '{{"pair": "BTC/USDT", "price": 61000}}'

\b
Live orders go to the venue with a third configuration, laid over the two:
  {{"dry_run": false, "exchange": {{"key": "{KEY}", "secret": "{SECRET}"}}}}
Each account begins with 10,000 of the quote currency and lasts as long as the venue runs. A limit order rests
until a price reaches it; fill a part of it, or cancel it, by hand (its id and the balances are in the state):
  curl http://127.0.0.1:{PORT}{FILL} -d '{{"pair": "BTC/USDT", "quantity": 0.01}}'
  curl http://127.0.0.1:{PORT}{CANCEL} -d '{{"order": 1}}'

\b
Or let the candles move it, here those from March on, a minute in a second:
  robustop venue --datadir user_data/demo/market --replay 2025-03-01 --speed 60

The clock is the real one at any speed: a candle of five minutes lasts five minutes, and holds whatever the
replay did to the price in that time.
"""


@click.command("venue", epilog=EPILOG)
@click.option(
    "--datadir",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of Freqtrade's feather files, futures in its folder futures; its pairs are listed.",
)
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--proxy-port",
    type=click.IntRange(0, 65535),
    help="Be Binance's own hosts as well, behind an HTTPS proxy on this port; 0 picks a free one.",
)
@click.option(
    "--replay",
    "start",
    metavar="START",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Play the candles from this moment on, 2025-03-01 or 2025-03-01T12:00 (UTC); those before are the past.",
)
@click.option(
    "--speed",
    metavar="X",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds of the candles that a replay plays in one.",
)
def venue_command(datadir: Path, port: int, proxy_port: int | None, start: datetime | None, speed: float) -> None:
    """Answer on this machine what Freqtrade asks of Binance spot and USD-M futures, until Ctrl-C.

    That is backtesting, hyperopt, download-data, list-markets, and trade: dry runs, and live orders at the market
    or with a limit. Stop orders on the exchange are refused: set order_types.stoploss_on_exchange to false.
    The overlay user_data/offline.json leads Freqtrade's spot to the default port. For the proxy, set
    exchange.ccxt_config to {"httpsProxy": "http://127.0.0.1:PORT", "verify": false} instead of its urls.

    Exit status 0: ended by Ctrl-C. 2: there are no candles, or the port is taken.
    """
    if start is None and speed != 1:
        refuse(f"speed was {speed:g} without a replay: name its start with --replay")
    replay = None if start is None else Replay(start.replace(tzinfo=UTC), speed)
    try:
        venue = Venue(markets_of(datadir), datadir, replay)

        def ready(url: str) -> None:
            pairs = ", ".join(market.pair for market in venue.markets)
            click.echo(f"{url} lists {pairs}; Ctrl-C ends it")
            if venue.proxy_url is not None:
                click.echo(f"{venue.proxy_url} is the proxy to it")

        venue.run_forever(port, ready, proxy_port)
    except (ValueError, OSError) as error:
        refuse(f"{error}")

"""`robustop venue`: run the loopback Binance."""

from datetime import UTC, datetime
from pathlib import Path

import click

from robustop_plugin.cli.errors import refuse
from robustop_plugin.cli.venue_orders import order_instructions
from robustop_plugin.venue.audit import LEDGER
from robustop_plugin.venue.control import PRICE, STATE
from robustop_plugin.venue.control_account import TRADE
from robustop_plugin.venue.control_coverage import COVERAGE
from robustop_plugin.venue.control_faults import FAULT
from robustop_plugin.venue.control_market import PATH
from robustop_plugin.venue.control_orders import CANCEL, FILL
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.replay import Replay
from robustop_plugin.venue.server import Venue
from robustop_plugin.venue.signature import KEY, SECRET

PORT, PROXY_PORT = 8899, 8897
SPOT, FUTURES = "spot", "futures"

EPILOG = f"""
\b
Example, in two terminals:
  robustop venue --datadir user_data/demo/market
  freqtrade backtesting --config config.json --config user_data/offline.json --strategy HandSpanTrend
    --strategy-path strategies --datadir user_data/demo/market

\b
A dry run (freqtrade trade with the same two configurations) sees the folder's candles shifted in time: the
newest one is open now. Nobody else trades, so the price stays until you move it:
  curl http://127.0.0.1:{PORT}{STATE}
  curl http://127.0.0.1:{PORT}{PRICE} -d '{{"pair": "BTC/USDT", "price": 61000}}'

\b
For live orders at the venue, add a third configuration:
  {{"dry_run": false, "exchange": {{"key": "{KEY}", "secret": "{SECRET}"}}}}
robustop venue --orders prints it complete, for replaced addresses and for the proxy. Each account starts with 10,000
of the quote currency and lasts as long as the venue runs. A limit order rests until a trade reaches its price, a stop
until a trade reaches its trigger. You can fill part of an order or cancel it (the state shows ids and balances):
  curl http://127.0.0.1:{PORT}{FILL} -d '{{"pair": "BTC/USDT", "quantity": 0.01}}'
  curl http://127.0.0.1:{PORT}{CANCEL} -d '{{"order": 1}}'

\b
Let things go wrong: a path of prices, a fault (before or after the next order is accepted), a person who sells:
  curl http://127.0.0.1:{PORT}{PATH} -d '{{"pair": "BTC/USDT", "prices": [60000, 57000], "interval": 1}}'
  curl http://127.0.0.1:{PORT}{FAULT} -d '{{"call": "POST /api/v3/order", "fault": "reset", "when": "after"}}'
  curl http://127.0.0.1:{PORT}{TRADE} -d '{{"pair": "BTC/USDT", "side": "SELL", "quantity": 0.01}}'

\b
See what it cost: the seconds without a stop for each position, and every transaction with an audit:
  curl http://127.0.0.1:{PORT}{COVERAGE}
  curl http://127.0.0.1:{PORT}{LEDGER}
docs/reference/command_line.md lists all control calls.

\b
Or replay the candles from a start on, here one minute of candles per second:
  robustop venue --datadir user_data/demo/market --replay 2025-03-01 --speed 60

The clock is real at any speed: a five-minute candle lasts five minutes and contains all prices that the replay
reached in that time.
"""


@click.command("venue", epilog=EPILOG)
@click.option(
    "--datadir",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of Freqtrade's feather files whose pairs are listed; futures are in its subfolder futures.",
)
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--proxy-port",
    type=click.IntRange(0, 65535),
    help="Also serve Binance's own host names through an HTTPS proxy on this port; 0 picks a free one.",
)
@click.option(
    "--orders",
    is_flag=False,
    flag_value=SPOT,
    type=click.Choice([SPOT, FUTURES]),
    help=f"Print how to send live orders here (default: spot), and start the proxy (default port: {PROXY_PORT}).",
)
@click.option(
    "--replay",
    "start",
    metavar="START",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Replay the candles from this time on, such as 2025-03-01 or 2025-03-01T12:00 (UTC).",
)
@click.option(
    "--speed",
    metavar="X",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Candle seconds that a replay plays per real second.",
)
def venue_command(
    datadir: Path, port: int, proxy_port: int | None, orders: str | None, start: datetime | None, speed: float
) -> None:
    """Run a loopback Binance, spot and USD-M futures, on this machine until Ctrl-C.

    It serves backtesting, hyperopt, download-data, list-markets and trade: dry runs, and live market, limit and stop
    orders (stop-limit on spot; stop-market and stop-limit on futures).
    The overlay user_data/offline.json points Freqtrade's spot trading to the default port. For the proxy, set
    exchange.ccxt_config to {"httpsProxy": "http://127.0.0.1:PORT", "verify": false} instead of its urls.

    Exit status 0: stopped by Ctrl-C. 2: invalid input, no candles, or a port in use.
    """
    if start is None and speed != 1:
        refuse(f"speed was {speed:g} without a replay: set its start with --replay")
    replay = None if start is None else Replay(start.replace(tzinfo=UTC), speed)
    try:
        venue = Venue(markets_of(datadir), datadir, replay)

        def ready(url: str) -> None:
            pairs = [market.pair for market in venue.markets]
            click.echo(f"{url} lists {', '.join(pairs)}; press Ctrl-C to stop")
            if venue.proxy_url is not None:
                click.echo(f"{venue.proxy_url} is its HTTPS proxy")
            if orders is not None and venue.proxy_url is not None:
                click.echo(order_instructions(url, venue.proxy_url, pairs, futures=orders == FUTURES))

        if orders is not None and proxy_port is None:
            proxy_port = PROXY_PORT
        if orders is not None and all(bool(market.settle) != (orders == FUTURES) for market in venue.markets):
            refuse(f"orders was {orders}: {datadir} has no candles of {orders}")
        venue.run_forever(port, ready, proxy_port)
    except (ValueError, OSError) as error:
        refuse(f"{error}")

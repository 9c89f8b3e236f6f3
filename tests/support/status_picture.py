"""Draws docs/pictures/status.svg: what `robustop status` shows of four trades that the real Freqtrade has filled."""

import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import PairLocks, Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.resolvers import ExchangeResolver
from rich.console import Console

from robustop_plugin.cli.status_table import status_lines
from robustop_plugin.cli.svg import as_svg
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.status import Question, look
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support.hand_candles import Hand, at
from tests.support.host import BASE, Host
from tests.support.stop_orders import ON_EXCHANGE
from tests.support.written_trades import Writer

PICTURE = ROOT / "docs" / "pictures" / "status.svg"
COLUMNS = 140
MARKETS = tuple(Market(f"{coin}/USDT", coin, "USDT", 0.01, 0.001) for coin in ("BTC", "SOL", "ETH", "XRP"))
PROMPT = "$ robustop status --move -3"
COSTS = {"fee_open": 0.001, "fee_close": 0.001, "trading_mode": "SPOT"}


class Shown(Hand):
    """Has its stop on the exchange, three engines, and sells a part at 3R."""

    order_types = ON_EXCHANGE
    robustop: dict[str, Any] = {  # noqa: RUF012 (Freqtrade reads class attributes)
        "engines": [{"name": "hand_span"}, {"name": "r_ladder"}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "partials": [[3.0, 0.5], [4.0, "rest"]],
    }


@contextmanager
def written(folder: Path) -> Iterator[Writer]:
    """Yield a live bot on a new trade database."""
    with Venue(list(MARKETS)).serve() as url:
        pairs = [market.pair for market in MARKETS]
        config = {**BASE, **offline_overlay(url, pairs), "datadir": folder, "user_data_dir": folder}
        exchange = ExchangeResolver.load_exchange(config)
        Backtesting.cleanup()
        database = f"sqlite:///{folder / 'trades.sqlite'}"
        init_db(database)
        try:
            yield Writer(Host(exchange, config, folder), database, Shown, runmode="live")
        finally:
            exchange.close()
            PairLocks.reset_locks()
            Trade.session.remove()
            _CustomData.session.remove()
            disable_database_use("5m")


def fill(writer: Writer) -> None:
    """Write four trades: in profit, young, short, and one whose stop order is gone."""
    rising = writer.bought(60000.0, pair="BTC/USDT", **scaled(60000.0, 0.02))
    writer.look(rising, 62450.0, 3)
    writer.look(rising, 62600.0, 7)
    writer.stop_order(rising, rising.stop_loss)
    young = writer.bought(142.3, pair="SOL/USDT", **scaled(142.3, 8.0))
    writer.stop_order(young, young.stop_loss)
    short = writer.bought(3100.0, pair="ETH/USDT", is_short=True, **scaled(3100.0, 0.4, -1))
    writer.look(short, 3030.0, 5)
    writer.stop_order(short, short.stop_loss)
    lost = writer.bought(0.52, pair="XRP/USDT", **scaled(0.52, 2000.0))
    writer.look(lost, 0.541, 6)
    writer.stop_order(lost, lost.stop_loss, is_open=False)
    writer.loop()


def scaled(price: float, amount: float, side: int = 1) -> dict[str, Any]:
    """Return a trade's amount and the hard stop that Freqtrade gives it."""
    stop = price * (1 - side * 0.1)
    money = {"amount": amount, "stake_amount": amount * price, "max_stake_amount": amount * price}
    return {
        **COSTS,
        **money,
        "stop_loss": stop,
        "initial_stop_loss": stop,
        "price_precision": 0.01 if price > 1 else 0.0001,
    }


def draw(target: Path) -> None:
    """Draw the picture into a file; the same picture each time, byte for byte."""
    # A live bot also looks for orders of its account, and has none here.
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(prefix="robustop-status-") as folder, written(Path(folder)) as writer:
            fill(writer)
            engine = open_for_reading(writer.url)
            status = look(engine, None, at(8).timestamp(), Question(percent=-3.0))
            engine.dispose()
    finally:
        logging.disable(logging.NOTSET)
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(PROMPT, highlight=False)
        for line in status_lines(status, COLUMNS):
            console.print(line, highlight=False)
        console.print()
        target.write_text(as_svg(console, "status"), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)

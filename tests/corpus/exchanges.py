"""Freqtrade's exchanges for the corpus, made once: a backtest asks them nothing that needs a connection."""

from pathlib import Path
from typing import Any

from freqtrade.resolvers import ExchangeResolver

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.corpus.backtests import BASE, Host
from tests.corpus.candles import FUTURES, SPOT

TIER = {
    "minNotional": 0.0,
    "maxNotional": 1e9,
    "maintenanceMarginRate": 0.005,
    "maxLeverage": 50.0,
    "maintAmt": 0.0,
}


def spot_and_futures(datadir: Path, folder: Path) -> tuple[Host, Host]:
    """Return a host for the spot pairs, and one for the perpetuals; `folder` stands for the user's."""
    return _host(datadir, folder, SPOT), _host(datadir, folder, FUTURES)


def _host(datadir: Path, folder: Path, pairs: tuple[str, ...]) -> Host:
    futures = pairs == FUTURES
    markets = [market for market in markets_of(datadir, "5m") if market.pair in pairs]
    more: dict[str, Any] = {"datadir": datadir, "user_data_dir": folder, "exportdirectory": folder}
    with Venue(markets).serve() as url:
        base = {**offline_overlay(url, pairs, futures=futures), **more}
        exchange = ExchangeResolver.load_exchange({**BASE, **base})
    if futures:
        exchange._leverage_tiers = {pair: [TIER] for pair in pairs}
    return Host(exchange, base)

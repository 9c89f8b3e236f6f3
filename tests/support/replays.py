"""Trades of Freqtrade's own backtester in this process and of the replay, as comparable rows."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.lab.replay import evaluator
from robustop_plugin.lab.replay.evaluator import ReplayEvaluator, Trades
from robustop_plugin.lab.replay.tiers import forced_tier
from robustop_plugin.lab.sweep.evaluators.freqtrade import as_config_block
from robustop_plugin.settings import load_settings
from robustop_plugin.venue.market import Market, write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.loaded_candles import loaded_once

ROOT = Path(__file__).parent.parent.parent
STOP = {"kind": "atr", "multiplier": 6.0}
PERCENT = {"mode": "percent"}
DEFAULTS = {"partials": [], "breakeven": PERCENT, "initial_stop": STOP}
"""Settings of a comparison, unless it says otherwise."""

Row = tuple[Any, ...]
"""A trade: pair, side, opened, closed, both rates, amount, stake, both profits, reason."""


@dataclass
class Bench:
    """Candles, and the exchange that lists their pairs.

    Attributes:
        candles: folder of candle files.
        overlay: configuration that points Freqtrade to the exchange.
        folder: output folder.
        timerange: as Freqtrade takes it; None for all candles.
    """

    candles: Path
    overlay: Path
    folder: Path
    timerange: str | None = None
    _evaluators: dict[str, ReplayEvaluator] = field(default_factory=dict, init=False)
    _hosts: dict[str, list[Row]] = field(default_factory=dict, init=False)

    def backtesting(self, strategy: str, block: Mapping[str, Any], *words: str, **over: Any) -> Backtesting:
        """Return Freqtrade's backtester as its command line builds it, with `over` on top of the configuration."""
        given = ["--config", str(ROOT / "config.json"), "--config", str(self.overlay), "--strategy", strategy]
        given += ["--strategy-path", str(ROOT / "strategies"), "--datadir", str(self.candles)]
        given += ["--userdir", str(self.folder), "--cache", "none", "--export", "none", *words]
        given += [] if self.timerange is None else ["--timerange", self.timerange]
        arguments = Arguments(["backtesting", *given]).get_parsed_arg()
        config = dict(Configuration(arguments, RunMode.BACKTEST).get_config())
        logging.disable(logging.WARNING)
        return Backtesting({**config, "robustop": dict(block), **over})

    def both(
        self, block: Mapping[str, Any], *words: str, strategy: str = "HandSpanTrend", **over: Any
    ) -> tuple[list[Row], list[Row]]:
        """Return the trades that Freqtrade and the replay make with these settings."""
        wanted = load_settings({**DEFAULTS, **block})
        config = as_config_block(wanted)
        key = repr((strategy, words, config, sorted(over.items()), self.timerange))
        if key not in self._hosts:
            self._hosts[key] = played(self.backtesting(strategy, config, *words, **over))
        return list(self._hosts[key]), rows_of(self.evaluator(strategy, *words, **over).trades(wanted))

    def evaluator(self, strategy: str = "HandSpanTrend", *words: str, **over: Any) -> ReplayEvaluator:
        """Return a replay of these entries, prepared once for each tier that the environment names."""
        key = repr((strategy, words, sorted(over.items()), forced_tier()))
        if key not in self._evaluators:
            self._evaluators[key] = ReplayEvaluator(self.backtesting(strategy, {"partials": []}, *words, **over))
        return self._evaluators[key]


@contextmanager
def bench(
    markets: Sequence[Market], candles: Path, folder: Path, timerange: str | None = None, *, futures: bool = False
) -> Iterator[Bench]:
    """Serve an exchange whose pairs may all be traded at once; candles and compiled code are read once."""
    compiled_once = patch.object(evaluator, "compiled", cache(evaluator.compiled))
    with Venue(list(markets)).serve() as url, loaded_once(), compiled_once:
        overlay = folder / "overlay.json"
        room = {"max_open_trades": len(markets), "dry_run_wallet": 100_000}
        listed = [market.pair for market in markets]
        overlay.write_text(json.dumps({**offline_overlay(url, listed, futures=futures), **room}))
        yield Bench(candles, overlay, folder, timerange)
    logging.disable(logging.NOTSET)


@contextmanager
def embedded_bench(folder: Path, days: int) -> Iterator[Bench]:
    """Serve some days of the embedded market; the first three warm up the averages."""
    markets = write_market(folder / "candles", days=days)
    with bench(markets, folder / "candles", folder) as one:
        yield one


def played(backtesting: Backtesting) -> list[Row]:
    """Return the trades of Freqtrade's own backtest."""
    data, timerange = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])
    processed = backtesting.strategy.advise_all_indicators(data)
    begin, end = get_timerange(trim_dataframes(processed, timerange, backtesting.required_startup))
    results = backtesting.backtest(processed=processed, start_date=begin, end_date=end)["results"]
    names = ["pair", "is_short", "open_timestamp", "close_timestamp", "open_rate", "close_rate"]
    names += ["amount", "stake_amount", "profit_abs", "profit_ratio", "exit_reason"]
    return list(results[names].itertuples(index=False, name=None))


def rows_of(trades: Trades) -> list[Row]:
    """Return the replay's trades in Freqtrade's order."""
    columns = (trades.short, trades.open_time, trades.close_time, trades.open_rate, trades.close_rate)
    columns += (trades.amount, trades.stake, trades.profit_abs, trades.profit_ratio)
    return list(zip(trades.pair, *(column.tolist() for column in columns), trades.exit_reason, strict=True))

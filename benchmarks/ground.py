"""What all parts share: candles, the exchange that lists their pairs, and the configuration for it."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stops import ROOT, SAMPLES

from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue

ROOM = {"max_open_trades": -1, "dry_run_wallet": 1_000_000}
"""Enough for every entry, so that no exit affects another entry."""


@dataclass(frozen=True)
class Ground:
    """Candles that can be traded offline.

    Attributes:
        candles: Folder of the candle files.
        markets: The pairs.
        folder: Folder for output.
        overlay: Configuration that points Freqtrade to the exchange.
        timerange: Time range in Freqtrade's format; None for all candles.
    """

    candles: Path
    markets: tuple[Market, ...]
    folder: Path
    overlay: Path
    timerange: str | None

    @property
    def configs(self) -> tuple[str, str]:
        """Configuration files; later files override earlier ones."""
        return str(ROOT / "config.json"), str(self.overlay)

    def options(self, strategies: Path, userdir: Path | None = None) -> dict[str, str]:
        """Return the options that `freqtrade` and `robustop sweep` share."""
        paths = {"strategy-path": strategies, "datadir": self.candles, "userdir": userdir or self.folder}
        options = {name: str(value) for name, value in paths.items()}
        return options if self.timerange is None else {**options, "timerange": self.timerange}

    def words(self, strategy: str, strategies: Path, userdir: Path | None = None) -> list[str]:
        """Return command-line arguments that select a strategy and its candles."""
        named = {"strategy": strategy, **self.options(strategies, userdir)}
        configs = [word for config in self.configs for word in ("--config", config)]
        return [*configs, *(word for name, value in named.items() for word in (f"--{name}", value))]

    def run(self, strategy: str, strategies: Path) -> BacktestRun:
        """Return the backtest as a sweep takes it."""
        options = self.options(strategies)
        options["user_data_dir"] = options.pop("userdir")
        return BacktestRun(
            strategy, self.configs, tuple((name.replace("-", "_"), value) for name, value in options.items())
        )


@contextmanager
def ground_of(
    markets: Sequence[Market], candles: Path, folder: Path, timerange: str | None, **more: Any
) -> Iterator[Ground]:
    """Serve the loopback Binance for some markets, all spot or all futures.

    Args:
        markets: The pairs.
        candles: Folder of the candle files.
        folder: Folder for output.
        timerange: Time range in Freqtrade's format.
        more: Additional configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sys.path[:0] = [] if str(SAMPLES) in sys.path else [str(SAMPLES)]  # the strategies build on a sample
    futures = any(market.settle for market in markets)
    with Venue(list(markets)).serve() as url:
        overlay = folder / "overlay.json"
        leads = offline_overlay(url, [market.pair for market in markets], futures=futures)
        overlay.write_text(json.dumps({**leads, **ROOM, **more}))
        yield Ground(candles, tuple(markets), folder, overlay, timerange)

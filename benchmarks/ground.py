"""What all parts share: candles, the exchange that lists their pairs, and the configuration that leads there."""

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
"""Enough for every entry, so that no exit decides another's."""


@dataclass(frozen=True)
class Ground:
    """Candles that can be traded offline.

    Attributes:
        candles: folder of the candle files.
        markets: the pairs.
        folder: for what is written.
        overlay: configuration that leads Freqtrade to the exchange.
        timerange: as Freqtrade takes it; None for all there is.
    """

    candles: Path
    markets: tuple[Market, ...]
    folder: Path
    overlay: Path
    timerange: str | None

    @property
    def configs(self) -> tuple[str, str]:
        """Configuration files, later ones on top."""
        return str(ROOT / "config.json"), str(self.overlay)

    def options(self, strategies: Path, userdir: Path | None = None) -> dict[str, str]:
        """Return options that `freqtrade` and `robustop sweep` have in common."""
        paths = {"strategy-path": strategies, "datadir": self.candles, "userdir": userdir or self.folder}
        options = {name: str(value) for name, value in paths.items()}
        return options if self.timerange is None else {**options, "timerange": self.timerange}

    def words(self, strategy: str, strategies: Path, userdir: Path | None = None) -> list[str]:
        """Return the words of a command line that name a strategy and what it trades."""
        named = {"strategy": strategy, **self.options(strategies, userdir)}
        configs = [word for config in self.configs for word in ("--config", config)]
        return [*configs, *(word for name, value in named.items() for word in (f"--{name}", value))]

    def run(self, strategy: str, strategies: Path) -> BacktestRun:
        """Return the same as a sweep takes it."""
        options = self.options(strategies)
        options["user_data_dir"] = options.pop("userdir")
        return BacktestRun(
            strategy, self.configs, tuple((name.replace("-", "_"), value) for name, value in options.items())
        )


@contextmanager
def ground_of(
    markets: Sequence[Market], candles: Path, folder: Path, timerange: str | None, **more: Any
) -> Iterator[Ground]:
    """Serve the loopback exchange for some markets, all of them spot or all futures.

    Args:
        markets: the pairs.
        candles: folder of the candle files.
        folder: for what is written.
        timerange: as Freqtrade takes it.
        more: of the configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sys.path[:0] = [] if str(SAMPLES) in sys.path else [str(SAMPLES)]  # the strategies build on a sample
    futures = any(market.settle for market in markets)
    with Venue(list(markets)).serve() as url:
        overlay = folder / "overlay.json"
        leads = offline_overlay(url, [market.pair for market in markets], futures=futures)
        overlay.write_text(json.dumps({**leads, **ROOM, **more}))
        yield Ground(candles, tuple(markets), folder, overlay, timerange)

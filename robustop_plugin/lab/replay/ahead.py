"""Compiles the replay in a process of its own, while this one still loads candles.

The types of a replay's tables do not depend on the market. So the compiler needs neither Freqtrade nor candles, and its
process begins at once: it compiles for empty tables and keeps the code on disk, where this process finds it. If that
fails, or the types differ, this process compiles itself.
"""

import atexit
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from robustop_plugin.lab.replay.code_cache import is_kept
from robustop_plugin.lab.replay.compiler import compiled, folder_of
from robustop_plugin.lab.replay.kernel import batch, closed_trades, setting_tables, signal_values
from robustop_plugin.lab.replay.kernel.closed_trades import FLOAT_COLUMNS, WHOLE_COLUMNS
from robustop_plugin.lab.replay.kernel.modules import ENTRIES, MODULES
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.row_types import (
    CANDLE,
    COLUMNS,
    MARGIN,
    PAIR,
    PAYMENT,
    ROI,
    RUN,
    SIGNAL,
    SIGNAL_DECIMALS,
    TERM,
)
from robustop_plugin.lab.replay.kernel.tables import Market, empty_portfolios, records
from robustop_plugin.lab.replay.lean_compiler import leave_out_extras
from robustop_plugin.lab.replay.settings_to_tables import setting_tables_of
from robustop_plugin.lab.replay.tiers import CODE, Tier, forced_tier
from robustop_plugin.settings import load_settings

PARTS = "--parts"
"""Argument of the process: the settings sell in parts."""
LONGEST = 600
"""In seconds: after this time this process compiles itself."""
PLAYS = f"{batch.__name__.rpartition('.')[2]}.{batch.play_all.__name__}"
"""The entry that takes almost all of the time, as numba names its files."""

Report = Callable[[str], None]


def _ignore(_stage: str) -> None:
    """Report nothing."""


class Ahead:
    """The process that compiles; none if the code is kept from an earlier run.

    Attributes:
        report: Receives what is waited for.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self.report: Report = _ignore
        self._process: subprocess.Popen[bytes] | None = None
        self._sells_parts = False
        self._tier = Tier.QUICK
        self._started = 0.0

    def start(self, *, sells_parts: bool = False, tier: Tier = Tier.QUICK) -> None:
        """Compile for settings that sell in parts, or for those that do not; end what was begun for the others.

        Args:
            sells_parts: True for settings that sell in parts.
            tier: How far the code is optimized, unless the environment says it. Full code that is kept is used anyway.
        """
        wanted = forced_tier() or tier
        if self._process is not None and (self._sells_parts, self._tier) == (sells_parts, wanted):
            return
        self._tier = wanted
        kept = self.tier(sells_parts=sells_parts)
        folder = folder_of(MODULES, kept)
        if folder is None or is_kept(folder, PLAYS, 1 + sells_parts):
            return
        self.stop()
        command = [sys.executable, "-m", __name__, *([PARTS] if sells_parts else [])]
        nowhere = subprocess.DEVNULL
        with suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 (our own)
                command, stdin=nowhere, stdout=nowhere, stderr=nowhere, env={**os.environ, CODE: wanted}
            )
        self._sells_parts, self._started = sells_parts, time.monotonic()

    def tier(self, *, sells_parts: bool) -> Tier:
        """Return the tier of the code to run: what the environment says, full code if it is kept, or what was started.

        Args:
            sells_parts: True for settings that sell in parts.
        """
        forced = forced_tier()
        if forced is not None:
            return forced
        folder = folder_of(MODULES, Tier.FULL)
        # Numba keeps one file for each kind of settings, and does not tell which.
        is_full = folder is not None and is_kept(folder, PLAYS, 1 + sells_parts)
        return Tier.FULL if is_full else self._tier

    def wait(self) -> None:
        """Wait until the code is there, and report how long it takes."""
        while self._process is not None and self._process.poll() is None:
            seconds = time.monotonic() - self._started
            if seconds > LONGEST:
                break
            self.report(f"compiling the replay, once for each installation: {seconds:.0f} s so far")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0)
        self.stop()

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None


AHEAD = Ahead()
"""There is one for each process, since they share the folder of compiled code."""
atexit.register(AHEAD.stop)


def calls(*, sells_parts: bool) -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Return every entry with arguments of the types that a replay has, without candles, signals and pairs.

    Args:
        sells_parts: True for settings that sell in parts.
    """
    prices, exits = np.zeros(2), np.zeros(2, np.int64)
    candles, decimals, run = records(0, CANDLE), records(0, SIGNAL_DECIMALS), records(1, RUN)
    base = Market(
        low=prices,
        high=prices,
        lows=prices,
        highs=prices,
        closed_low=prices,
        closed_high=prices,
        exits_long=exits,
        exits_short=exits,
        sell_signals=np.zeros(0, np.int64),
        candles=candles,
        columns=candles,
        payments=records(0, PAYMENT),
        pairs=records(0, PAIR),
        signals=records(0, SIGNAL),
        decimals=decimals,
    )
    market = base._replace(columns=records(0, COLUMNS))
    block = load_settings(
        {"engines": [{"name": "smart_trail"}], "partials": [[1.0, 0.5]] if sells_parts else []}
    ).default
    tables = setting_tables_of([block], run, ())
    portfolios = empty_portfolios(1, 0, 0, int(sells_parts))
    tiers = Tiers(records(0, TERM), records(0, MARGIN))
    wholes, floats = np.empty((len(WHOLE_COLUMNS), 0), np.int64), np.empty((len(FLOAT_COLUMNS), 0))
    return [
        (signal_values.prepare, (base, run[0])),
        (signal_values.fill_decimals, (market,)),
        (setting_tables.fill_exact_parts, (tables.stops, tables.smarts, tables.shares)),
        (batch.play_all, (market, tables, records(0, ROI), tiers, portfolios)),
        (closed_trades.list_closed, (base, portfolios, wholes, floats)),
    ]


def compile_ahead(*, sells_parts: bool) -> None:
    """Compile all entries and keep their code."""
    code = compiled(MODULES, kept=True, entries=ENTRIES)
    for function, arguments in calls(sells_parts=sells_parts):
        code[function](*arguments)


if __name__ == "__main__":
    # The compiler keeps nearly all that it makes, so that looking for garbage takes a tenth of the time in vain.
    gc.disable()
    leave_out_extras()
    compile_ahead(sells_parts=PARTS in sys.argv[1:])

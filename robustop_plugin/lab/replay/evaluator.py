"""Replays the entries of a strategy under any block of stop settings, with the trades that Freqtrade would make."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from typing import Any

import numpy as np

from robustop_plugin.lab.replay.ahead import AHEAD
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel import (
    batch,
    candle_exit,
    closed_trades,
    portfolio,
    position_size,
    setting_tables,
    signal_values,
)
from robustop_plugin.lab.replay.kernel.closed_trades import FLOAT_COLUMNS, WHOLE_COLUMNS
from robustop_plugin.lab.replay.kernel.modules import ENTRIES, MODULES
from robustop_plugin.lab.replay.kernel.row_types import SIGNAL_DECIMALS
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table, Whole, empty_portfolios, records
from robustop_plugin.lab.replay.loader.candles import columns_of
from robustop_plugin.lab.replay.loader.inputs import FreqtradeBacktest, load_inputs
from robustop_plugin.lab.replay.loader.unsupported import refuse_block
from robustop_plugin.lab.replay.settings_to_tables import setting_tables_of
from robustop_plugin.lab.trades import Trades, Words
from robustop_plugin.settings import RobustopBlock

BATCH_SIZE = 32
"""Number of blocks that are replayed side by side. More of them are not faster, and need more memory."""

REASONS = {
    candle_exit.STOP_LOSS: "stop_loss",
    candle_exit.TRAILING_STOP: "trailing_stop_loss",
    candle_exit.ROI: "roi",
    candle_exit.TAKE_PROFIT: "robustop_take_profit",
    candle_exit.SIGNAL: "exit_signal",
    candle_exit.CROSSED_LEVEL: "trailing_stop_loss",
    candle_exit.TOO_OLD: "robustop_time_stop",
    candle_exit.FORCED: "force_exit",
}
"""Freqtrade's names of exit reasons."""
PROBLEMS = {
    portfolio.NO_STOP: "an entry has no price for an initial stop that the exchange would not close before",
    portfolio.NOT_FILLED: "an exit was rounded to a price that its candle did not have, so that the order would rest",
    position_size.TOO_LARGE: "a stake was larger than the exchange takes",
    portfolio.OFF_GRID: "an entry's price lies between two prices of its grid",
}
"""Why a run cannot be replayed."""


class ReplayEvaluator:
    """Replays one strategy's entries under many blocks of settings.

    Once created it needs Freqtrade no more, and can be sent to another process.
    """

    def __init__(self, backtesting: FreqtradeBacktest) -> None:
        """Run the strategy once.

        Args:
            backtesting: Freqtrade's backtester, as it is made from a configuration.

        Raises:
            NotModelled: The strategy or the configuration does something that is not modelled.
        """
        inputs = load_inputs(backtesting)
        self._startup, self._pairs = inputs.startup, inputs.pairs
        self._run, self._roi, self._tiers, self._base = inputs.run, inputs.roi, inputs.tiers, inputs.market
        self._columns: dict[str, tuple[Table, Table]] = {}
        AHEAD.wait()
        self._compiled = compiled(MODULES, kept=True, entries=ENTRIES)
        self._compiled[signal_values.prepare](self._base, self._run[0])

    def __getstate__(self) -> dict[str, Any]:
        """Return everything but the compiled functions, which each process has of its own."""
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore after unpickling; compiled functions are rebuilt per process."""
        vars(self).update(state)
        self._compiled = compiled(MODULES, kept=True, entries=ENTRIES)

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            NotModelled: The block, or one of its trades, needs something that is not modelled.
        """
        (found,) = self._listed(self._played([block]))
        return found

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each of many blocks, which is faster than one block after the other.

        Raises:
            NotModelled: As for `trades`.
        """
        # If sizes decide about terms, these are written into the signals, and belong to one run.
        most = 1 if self._run[0].sized else BATCH_SIZE
        for _, alike in groupby(blocks, key=lambda block: (columns_wanted(block), block.sells_parts)):
            while some := list(islice(alike, most)):
                yield from self._listed(self._played(some))

    def play(self, block: RobustopBlock) -> Portfolio:
        """Return the trades under one block as numbers.

        Raises:
            NotModelled: As for `trades`.
        """
        return batch.portfolio_at(self._played([block]), 0)

    def _played(self, blocks: Sequence[RobustopBlock]) -> Portfolio:
        """Return the trades under blocks that use the same columns, and of which all or none sell in parts."""
        for block in blocks:
            refuse_block(block)
        market = self._market(blocks[0])
        tables = setting_tables_of(blocks, self._run, [pair.name for pair in self._pairs])
        self._compiled[setting_tables.fill_exact_parts](tables.stops)
        sales = max(len(block.schedule) + (block.portion > 0) for block in blocks)
        portfolios = empty_portfolios(len(blocks), len(market.signals), len(self._pairs), sales)
        self._compiled[batch.play_all](market, tables, self._roi, self._tiers, portfolios)
        for status in portfolios.totals["status"][:, 0].tolist():
            if status != portfolio.FINE:
                raise NotModelled(f"{PROBLEMS[status]}: run freqtrade backtesting for these settings")
        return portfolios

    def _market(self, block: RobustopBlock) -> Market:
        signals = self._base.signals.copy() if self._run[0].sized else self._base.signals
        columns, decimals = self._columns_of(block)
        return self._base._replace(columns=columns, signals=signals, decimals=decimals)

    def _columns_of(self, block: RobustopBlock) -> tuple[Table, Table]:
        wanted = columns_wanted(block)
        if wanted not in self._columns:
            columns = columns_of(self._pairs, block, self._startup)
            decimals = records(len(self._base.signals), SIGNAL_DECIMALS)
            self._compiled[signal_values.fill_decimals](self._base._replace(columns=columns, decimals=decimals))
            self._columns[wanted] = columns, decimals
        return self._columns[wanted]

    def _listed(self, portfolios: Portfolio) -> Iterator[Trades]:
        """Yield the trades of each of many portfolios."""
        closed = portfolios.totals["closed"][:, 0].tolist()
        wholes = np.empty((len(WHOLE_COLUMNS), sum(closed)), np.int64)
        floats = np.empty((len(FLOAT_COLUMNS), sum(closed)))
        self._compiled[closed_trades.list_closed](self._base, portfolios, wholes, floats)
        pairs, reasons, candles, sides, opened, left = wholes
        columns: dict[str, Any] = dict(zip(FLOAT_COLUMNS, floats, strict=True), open_time=opened, close_time=left)
        names = np.array([pair.name for pair in self._pairs], object)[pairs]
        columns |= {"pair": names, "short": sides < 0, "exit_reason": self._reasons(reasons, pairs, candles)}
        for count, end in zip(closed, accumulate(closed), strict=True):
            yield Trades(**{name: column[end - count : end] for name, column in columns.items()})

    def _reasons(self, numbers: Whole, pairs: Whole, candles: Whole) -> Words:
        """Return the exit reasons as Freqtrade names them: for an exit signal its tag, if it has one."""
        reasons: Words = np.array([REASONS.get(number) for number in range(max(REASONS) + 1)], object)[numbers]
        tagged = np.array([bool(pair.tags) for pair in self._pairs])[pairs]
        for index in np.flatnonzero(tagged & (numbers == candle_exit.SIGNAL)).tolist():
            step = int(candles[index] - self._base.pairs["first"][pairs[index]])
            reasons[index] = self._pairs[pairs[index]].tags[step] or REASONS[candle_exit.SIGNAL]
        return reasons


def columns_wanted(block: RobustopBlock) -> str:
    """Return a key that is equal for blocks that use the same columns."""
    stop = block.initial_stop
    key = (stop.kind, stop.period, stop.lookback, stop.column, block.momentum_candles)
    return repr((*key, block.needs_atr_mean, block.needs_regime, block.market))

"""Replays the entries of a strategy under any block of stop settings, with the trades that Freqtrade would make."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby, islice
from operator import attrgetter
from typing import Any

import numpy as np

from robustop_plugin.lab.free_memory import return_memory
from robustop_plugin.lab.replay.ahead import AHEAD
from robustop_plugin.lab.replay.compiler import Compiled, compiled
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
from robustop_plugin.lab.replay.kernel.tables import Floats, Market, Portfolio, Table, Whole, empty_portfolios
from robustop_plugin.lab.replay.loader.candles import closed_extremes_of, refuse_dropped
from robustop_plugin.lab.replay.loader.indicator_columns import columns_of
from robustop_plugin.lab.replay.loader.inputs import FreqtradeBacktest, load_inputs
from robustop_plugin.lab.replay.loader.sell_signals import sell_signals_of
from robustop_plugin.lab.replay.loader.unsupported import refuse_block
from robustop_plugin.lab.replay.pair_settings import PairSettings, settings_of_pairs
from robustop_plugin.lab.replay.settings_to_tables import setting_tables_of
from robustop_plugin.lab.trades import Trades, Words
from robustop_plugin.settings import RobustopBlock, Settings
from robustop_plugin.settings.tuning import with_block

BATCH_SIZE = 16
"""Largest number of blocks that are replayed side by side. More of them are not faster, and need more memory."""
BATCH_TRADES = 20_000
"""Number of trades for which there is room in all blocks that are replayed side by side, unless one has more."""

REASONS = {
    candle_exit.STOP_LOSS: "stop_loss",
    candle_exit.TRAILING_STOP: "trailing_stop_loss",
    candle_exit.ROI: "roi",
    candle_exit.TAKE_PROFIT: "robustop_take_profit",
    candle_exit.SIGNAL: "exit_signal",
    candle_exit.CROSSED_LEVEL: "trailing_stop_loss",
    candle_exit.TOO_OLD: "robustop_time_stop",
    candle_exit.FORCED: "force_exit",
    candle_exit.DRAWDOWN: "robustop_max_drawdown",
    candle_exit.COUNCIL_SELL: "robustop_council_sell",
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

    def __init__(self, backtesting: FreqtradeBacktest, *, lean: bool = False) -> None:
        """Run the strategy once.

        Args:
            backtesting: Freqtrade's backtester, as it is made from a configuration.
            lean: True to keep only prices and the columns that the strategy's own settings name, in less memory. Blocks
                that name other columns are refused.

        Raises:
            NotModelled: The strategy or the configuration does something that is not modelled.
        """
        inputs = load_inputs(backtesting, lean=lean)
        self._startup, self._pairs = inputs.startup, inputs.pairs
        self._risk_problem = inputs.risk_problem
        self._run, self._roi, self._tiers, self._base = inputs.run, inputs.roi, inputs.tiers, inputs.market
        self._closed: tuple[Floats, Floats] | None = None
        self._settings: Settings = backtesting.strategylist[0]._robustop_settings  # noqa: SLF001 (the mixin's own)
        self._columns: dict[Any, tuple[Table, Table, Whole]] = {}
        self._is_prepared = False

    def __getstate__(self) -> dict[str, Any]:
        """Return everything but the compiled functions, which each process has of its own."""
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

    def load(self) -> None:
        """Do nothing: candles and signals are loaded."""

    def trades(self, block: RobustopBlock | Settings) -> Trades:
        """Return the trades under one block of stop settings.

        Args:
            block: The block of all pairs without their own; settings of single pairs stay in force, as beside a
                parameter file. Or the settings of all pairs.

        Raises:
            NotModelled: The block, or one of its trades, needs something that is not modelled.
        """
        (found,) = self._listed(self._played([self._of_pairs(block)]))
        return found

    def all_trades(self, blocks: Iterable[RobustopBlock | Settings]) -> Iterator[Trades]:
        """Yield the trades under each of many blocks, which is faster than one block after the other.

        Raises:
            NotModelled: As for `trades`.
        """
        # If sizes decide about terms, these are written into the signals, and belong to one run.
        room = max(1, BATCH_TRADES // max(1, len(self._base.signals)))
        most = 1 if self._run[0].sized else min(BATCH_SIZE, room)
        for _, alike in groupby(map(self._of_pairs, blocks), key=attrgetter("kind")):
            while some := list(islice(alike, most)):
                yield from self._listed(self._played(some))

    def play(self, block: RobustopBlock | Settings) -> Portfolio:
        """Return the trades under one block as numbers.

        Raises:
            NotModelled: As for `trades`.
        """
        return batch.portfolio_at(self._played([self._of_pairs(block)]), 0)

    @cached_property
    def _compiled(self) -> Compiled:
        """The compiled functions, made when the first settings are replayed: candles are loaded before that."""
        AHEAD.wait()
        tier = AHEAD.tier(sells_parts=self._settings.default.sells_parts)
        return compiled(MODULES, kept=True, entries=ENTRIES, tier=tier)

    def _prepare(self) -> None:
        """Calculate once what is the same for each signal under all settings."""
        if not self._is_prepared:
            self._compiled[signal_values.prepare](self._base, self._run[0])
            self._is_prepared = True

    def _of_pairs(self, wanted: RobustopBlock | Settings) -> PairSettings:
        settings = wanted if isinstance(wanted, Settings) else with_block(self._settings, wanted)
        return settings_of_pairs(settings, [pair.name for pair in self._pairs])

    def _played(self, some: Sequence[PairSettings]) -> Portfolio:
        """Return the trades under settings of the same kind."""
        blocks = [block for settings in some for block in settings.blocks]
        for block in blocks:
            refuse_block(block)
            if block.risk_percent and self._risk_problem is not None:
                raise NotModelled(f"risk.percent_per_trade was set, and {self._risk_problem}")
        self._prepare()
        market = self._market(some[0])
        names = [pair.name for pair in self._pairs]
        tables = setting_tables_of(blocks, self._run, names, some[0].pair_rows)
        self._compiled[setting_tables.fill_exact_parts](tables.stops, tables.smarts, tables.shares)
        sales = max(len(block.schedule) + (block.portion > 0) for block in blocks)
        portfolios = empty_portfolios(len(some), len(market.signals), len(self._pairs), sales)
        self._compiled[batch.play_all](market, tables, self._roi, self._tiers, portfolios)
        for status in portfolios.totals["status"][:, 0].tolist():
            if status != portfolio.FINE:
                raise NotModelled(f"{PROBLEMS[status]}: run freqtrade backtesting for these settings")
        return portfolios

    def _market(self, settings: PairSettings) -> Market:
        signals = self._base.signals.copy() if self._run[0].sized else self._base.signals
        columns, decimals, sell_signals = self._columns_of(settings)
        market = self._base._replace(columns=columns, signals=signals, decimals=decimals, sell_signals=sell_signals)
        if not settings.waits_for_closes:
            return market
        if self._closed is None:
            low, high = (closed_extremes_of(self._pairs, side, self._startup) for side in ("low", "high"))
            self._closed = low, high
        return market._replace(closed_low=self._closed[0], closed_high=self._closed[1])

    def _columns_of(self, settings: PairSettings) -> tuple[Table, Table, Whole]:
        wanted = settings.columns_wanted
        if wanted not in self._columns:
            refuse_dropped(self._pairs, settings.of_pairs)
            columns, decimals = columns_of(self._pairs, settings.of_pairs, self._startup, self._base.signals)
            sell_signals = sell_signals_of(self._pairs, settings.of_pairs, self._startup)
            self._compiled[signal_values.fill_decimals](self._base._replace(columns=columns, decimals=decimals))
            self._columns[wanted] = columns, decimals, sell_signals
            return_memory()
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

"""The replay: the same entries of a strategy under any block of stop settings, with the trades the host would make."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from typing import Any

import numpy as np

from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel import (
    batch,
    candle_exit,
    closed_trades,
    portfolio,
    position_size,
    setting_tables,
    signal_decimals,
)
from robustop_plugin.lab.replay.kernel.closed_trades import MARKS, NUMBERS
from robustop_plugin.lab.replay.kernel.modules import MODULES
from robustop_plugin.lab.replay.kernel.tables import (
    WRITTEN,
    Market,
    Portfolio,
    Table,
    Whole,
    empty_portfolios,
    records,
)
from robustop_plugin.lab.replay.loader.candles import columns_of
from robustop_plugin.lab.replay.loader.inputs import FreqtradeBacktest, load_inputs
from robustop_plugin.lab.replay.loader.unsupported import refuse_block
from robustop_plugin.lab.replay.settings_to_tables import setting_tables_of
from robustop_plugin.lab.trades import Trades, Words
from robustop_plugin.settings import RobustopBlock

AT_ONCE = 32
"""Blocks: more of them make no run faster, and ask for more memory."""

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
PROBLEMS = {
    portfolio.NO_STOP: "an entry has no price for an initial stop that the exchange would not close before",
    portfolio.NOT_FILLED: "an exit was rounded to a price that its candle did not have, so that the order would rest",
    position_size.TOO_LARGE: "a stake was larger than the exchange takes",
    portfolio.OFF_GRID: "an entry's price lies between two prices of its grid",
}


class ReplayEvaluator:
    """Replays one strategy's entries under many blocks of settings.

    Once made it needs Freqtrade no more: it can be sent to another process.
    """

    def __init__(self, backtesting: FreqtradeBacktest) -> None:
        """Run the strategy once.

        Args:
            backtesting: Freqtrade's own, as it is made from a configuration.

        Raises:
            Refused: the strategy or the configuration does what is not modelled.
        """
        inputs = load_inputs(backtesting)
        self._sells, self._startup, self._pairs = inputs.sells, inputs.startup, inputs.pairs
        self._run, self._roi, self._tiers, self._base = inputs.run, inputs.roi, inputs.tiers, inputs.market
        self._columns: dict[str, tuple[Table, Table]] = {}
        self._machine = compiled(MODULES, kept=True)
        self._machine[portfolio.prepare](self._base, self._run[0])

    def __getstate__(self) -> dict[str, Any]:
        """Return all but the compiled code, which each process has of its own."""
        return {name: value for name, value in vars(self).items() if name != "_machine"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was sent."""
        vars(self).update(state)
        self._machine = compiled(MODULES, kept=True)

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            Refused: the block asks for what is not modelled, or a trade met it.
        """
        (found,) = self._listed(self._played([block]))
        return found

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each of many blocks, which takes less time than one after the other.

        Raises:
            Refused: as for `trades`.
        """
        # The terms of sizes are written into the signals.
        most = 1 if self._run[0].sized else AT_ONCE
        for _, alike in groupby(blocks, key=lambda block: (columns_wanted(block), block.sells_parts)):
            while some := list(islice(alike, most)):
                yield from self._listed(self._played(some))

    def play(self, block: RobustopBlock) -> Portfolio:
        """Return the trades under one block as numbers.

        Raises:
            Refused: as for `trades`.
        """
        return batch.portfolio_at(self._played([block]), 0)

    def _played(self, blocks: Sequence[RobustopBlock]) -> Portfolio:
        """Return the trades under blocks of the same columns, of which all or none sell in parts."""
        for block in blocks:
            refuse_block(block, self._startup, sells=self._sells)
        market, rules = self._market(blocks[0]), setting_tables_of(blocks, self._run, [one.pair for one in self._pairs])
        self._machine[setting_tables.write_out](rules.stops)
        sales = max(len(block.schedule) + (block.portion > 0) for block in blocks)
        shelf = empty_portfolios(len(blocks), len(market.signals), len(self._pairs), sales)
        self._machine[batch.play_all](market, rules, self._roi, self._tiers, shelf)
        for state in shelf.count["state"][:, 0].tolist():
            if state != portfolio.FINE:
                raise NotModelled(f"{PROBLEMS[state]}: run freqtrade backtesting for these settings")
        return shelf

    def _market(self, block: RobustopBlock) -> Market:
        signals = self._base.signals.copy() if self._run[0].sized else self._base.signals
        columns, decimals = self._columns_of(block)
        return self._base._replace(columns=columns, signals=signals, written=decimals)

    def _columns_of(self, block: RobustopBlock) -> tuple[Table, Table]:
        wanted = columns_wanted(block)
        if wanted not in self._columns:
            columns = columns_of(self._pairs, block, self._startup.loaded)
            decimals = records(len(self._base.signals), WRITTEN)
            self._machine[signal_decimals.write_down](self._base._replace(columns=columns, written=decimals))
            self._columns[wanted] = columns, decimals
        return self._columns[wanted]

    def _listed(self, shelf: Portfolio) -> Iterator[Trades]:
        """Yield the trades of each of many books."""
        closed = shelf.count["closed"][:, 0].tolist()
        marks, numbers = np.empty((len(MARKS), sum(closed)), np.int64), np.empty((len(NUMBERS), sum(closed)))
        self._machine[closed_trades.list_closed](self._base, shelf, marks, numbers)
        pair, why, candle, side, opened, left = marks
        columns: dict[str, Any] = dict(zip(NUMBERS, numbers, strict=True), open_time=opened, close_time=left)
        names = np.array([one.pair for one in self._pairs], object)[pair]
        columns |= {"pair": names, "short": side < 0, "exit_reason": self._reasons(why, pair, candle)}
        for count, end in zip(closed, accumulate(closed), strict=True):
            yield Trades(**{name: column[end - count : end] for name, column in columns.items()})

    def _reasons(self, why: Whole, pair: Whole, candle: Whole) -> Words:
        """Return why trades were left, in the host's words: for a signal its tag, if it has one."""
        reasons: Words = np.array([REASONS.get(number) for number in range(max(REASONS) + 1)], object)[why]
        tagged = np.array([bool(one.tags) for one in self._pairs])[pair]
        for index in np.flatnonzero(tagged & (why == candle_exit.SIGNAL)).tolist():
            step = int(candle[index] - self._base.pairs["first"][pair[index]])
            reasons[index] = self._pairs[pair[index]].tags[step] or REASONS[candle_exit.SIGNAL]
        return reasons


def columns_wanted(block: RobustopBlock) -> str:
    """Return what tells the columns that a block looks at from those of others."""
    stop = block.initial_stop
    key = (stop.kind, stop.period, stop.lookback, stop.column, block.momentum_candles)
    return repr((*key, block.needs_atr_mean, block.needs_regime, block.market))

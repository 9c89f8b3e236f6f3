"""The replay: the same entries of a strategy under any block of stop settings, with the trades the host would make."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from typing import Any

import numpy as np
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin import protections
from robustop_plugin.core import durations, exact, grid, initial_stop, side
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel import (
    batch,
    closed_trades,
    exit_prices,
    funding,
    host_arithmetic,
    partial_open,
    partial_sales,
    partial_trade,
    portfolio,
    position_size,
    sale_proceeds,
    setting_tables,
    signal_decimals,
    skip_blocks,
    skip_bounds,
    skip_candles,
    step,
    trade,
    trails,
    wallet,
)
from robustop_plugin.lab.replay.kernel import initial_stop as kernel_initial_stop
from robustop_plugin.lab.replay.kernel.closed_trades import MARKS, NUMBERS
from robustop_plugin.lab.replay.kernel.tables import (
    WRITTEN,
    Market,
    Portfolio,
    Table,
    Whole,
    empty_portfolios,
    records,
    wide,
)
from robustop_plugin.lab.replay.loader.candles import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    HIGH,
    LOW,
    analyzed,
    candles_of,
    columns_of,
    exits_of,
    extremes_of,
    load,
)
from robustop_plugin.lab.replay.loader.entry_terms import pairs_of, payments_of, roi_of, run_of, signals_of
from robustop_plugin.lab.replay.loader.leverage_tiers import margins_of
from robustop_plugin.lab.replay.loader.unsupported import refuse_block, refuse_host, startup_of
from robustop_plugin.lab.replay.settings_to_tables import setting_tables_of
from robustop_plugin.lab.trades import Trades, Words
from robustop_plugin.settings import RobustopBlock

MODULES = (
    *(exact, side, grid, durations, initial_stop, breakeven),
    *(hand_span, smart_trail, atr_guard, r_ladder, bracket, protections),
    *(host_arithmetic, kernel_initial_stop, step, funding, exit_prices, trails, skip_bounds, skip_blocks, skip_candles),
    *(trade, partial_sales, partial_open, partial_trade, sale_proceeds),
    *(wallet, position_size, signal_decimals, setting_tables, portfolio, batch, closed_trades),
)
"""All that runs compiled, in the order in which it builds on each other."""

AT_ONCE = 32
"""Blocks: more of them make no run faster, and ask for more memory."""

REASONS = {
    trade.STOP_LOSS: "stop_loss",
    trade.TRAILING_STOP: "trailing_stop_loss",
    trade.ROI: "roi",
    trade.TAKE_PROFIT: "robustop_take_profit",
    trade.SIGNAL: "exit_signal",
    trade.CROSSED_LEVEL: "trailing_stop_loss",
    trade.TOO_OLD: "robustop_time_stop",
    trade.FORCED: "force_exit",
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

    def __init__(self, backtesting: Backtesting) -> None:
        """Run the strategy once.

        Args:
            backtesting: Freqtrade's own, as it is made from a configuration.

        Raises:
            Refused: the strategy or the configuration does what is not modelled.
        """
        refuse_host(backtesting)
        pairs, begins, ends = load(backtesting)
        self._sells = bool(backtesting.strategy.position_adjustment_enable)
        self._startup, self._run, self._roi = startup_of(backtesting), run_of(backtesting), roi_of(backtesting)
        payments, candles = payments_of(backtesting, pairs), candles_of(pairs, begins, self._run[0].seconds)
        signals, terms = signals_of(backtesting, pairs, ends)
        margins = margins_of(backtesting, pairs)
        self._tiers = position_size.Tiers(terms, np.concatenate(margins).view(np.recarray))
        low, high = extremes_of(pairs, LOW), extremes_of(pairs, HIGH)
        self._base = Market(
            low=low,
            high=high,
            lows=wide(low, np.minimum),
            highs=wide(high, np.maximum),
            exits_long=exits_of(pairs, EXIT_LONG, ENTER_LONG),
            exits_short=exits_of(pairs, EXIT_SHORT, ENTER_SHORT),
            candles=candles,
            columns=candles,
            payments=np.concatenate(payments).view(np.recarray),
            pairs=pairs_of(backtesting, pairs, payments, margins),
            signals=signals,
            written=records(len(signals), WRITTEN),
        )
        self._pairs = [analyzed(one) for one in pairs]
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
        for index in np.flatnonzero(tagged & (why == trade.SIGNAL)).tolist():
            step = int(candle[index] - self._base.pairs["first"][pair[index]])
            reasons[index] = self._pairs[pair[index]].tags[step] or REASONS[trade.SIGNAL]
        return reasons


def columns_wanted(block: RobustopBlock) -> str:
    """Return what tells the columns that a block looks at from those of others."""
    stop = block.initial_stop
    key = (stop.kind, stop.period, stop.lookback, stop.column, block.momentum_candles)
    return repr((*key, block.needs_atr_mean, block.needs_regime, block.market))

"""Loads everything that a replay needs from Freqtrade in one call: afterwards it needs Freqtrade no more."""

from typing import NamedTuple

import numpy as np
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.row_types import SIGNAL_DECIMALS
from robustop_plugin.lab.replay.kernel.tables import Market, Table, records, wide
from robustop_plugin.lab.replay.loader.candles import (
    AnalyzedPair,
    analyzed,
    candles_of,
    exits_of,
    extremes_of,
    load,
    named_columns,
)
from robustop_plugin.lab.replay.loader.entry_terms import pairs_of, payments_of, roi_of, run_of, signals_of
from robustop_plugin.lab.replay.loader.leverage_tiers import margins_of
from robustop_plugin.lab.replay.loader.packed_rows import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    HIGH,
    LOW,
)
from robustop_plugin.lab.replay.loader.unsupported import refuse_host
from robustop_plugin.settings import Settings

FreqtradeBacktest = Backtesting
"""Freqtrade's backtester, as it is made from a configuration."""


class ReplayInputs(NamedTuple):
    """What a replay of one strategy's entries runs on.

    Attributes:
        market: Candles, pairs and entry signals; the columns and decimals of a block of settings are not in it yet.
        run: The configuration: a table of one row.
        roi: Freqtrade's table of profit ratios, ascending by age.
        tiers: Leverage and margin by position size.
        pairs: Analyzed candles of each pair, for the columns and for exit tags.
        startup: Number of startup candles that the run was loaded with.
        risk_problem: Why stakes by risk cannot be replayed; None if they can.
    """

    market: Market
    run: Table
    roi: Table
    tiers: Tiers
    pairs: list[AnalyzedPair]
    startup: int
    risk_problem: str | None


def load_inputs(backtesting: Backtesting, *, lean: bool = False) -> ReplayInputs:
    """Run the strategy once, and return all that a replay of its entries needs.

    Args:
        backtesting: Freqtrade's backtester.
        lean: True to keep only prices and the columns that the strategy's own settings name.

    Raises:
        NotModelled: The strategy or the configuration does something that is not modelled.
    """
    refuse_host(backtesting)
    settings: Settings = backtesting.strategylist[0]._robustop_settings  # noqa: SLF001 (the mixin's own)
    columns = frozenset[str]().union(*map(named_columns, settings.blocks())) if lean else None
    pairs, begins, ends = load(backtesting, columns)
    run = run_of(backtesting)
    payments, candles = payments_of(backtesting, pairs), candles_of(pairs, begins, run[0].seconds)
    signals, terms = signals_of(backtesting, pairs, ends)
    margins, problem = margins_of(backtesting, pairs)
    low, high = extremes_of(pairs, LOW), extremes_of(pairs, HIGH)
    exits_long = exits_of(pairs, EXIT_LONG, ENTER_LONG)
    # Without short entries nothing asks for their exits.
    has_shorts = bool((signals["side"] < 0).any())
    market = Market(
        low=low,
        high=high,
        lows=wide(low, np.minimum),
        highs=wide(high, np.maximum),
        closed_low=low,
        closed_high=high,
        exits_long=exits_long,
        exits_short=exits_of(pairs, EXIT_SHORT, ENTER_SHORT) if has_shorts else exits_long,
        sell_signals=np.zeros(0, np.int64),
        candles=candles,
        columns=candles,
        payments=np.concatenate(payments).view(np.recarray),
        pairs=pairs_of(backtesting, pairs, payments, margins),
        signals=signals,
        decimals=records(len(signals), SIGNAL_DECIMALS),
    )
    return ReplayInputs(
        market=market,
        run=run,
        roi=roi_of(backtesting),
        tiers=Tiers(terms, np.concatenate(margins).view(np.recarray)),
        pairs=[analyzed(pair) for pair in pairs],
        startup=int(backtesting.required_startup),
        risk_problem=problem,
    )

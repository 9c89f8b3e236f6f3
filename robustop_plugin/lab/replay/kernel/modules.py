"""Lists all modules that are compiled: this folder, and what it uses of the core, the engines and the partial exits."""

from collections.abc import Callable
from typing import Any

from robustop_plugin import protections
from robustop_plugin.core import durations, exact, grid, initial_stop, side
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail
from robustop_plugin.lab.replay.kernel import (
    batch,
    candle_decision,
    candle_exit,
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
    signal_values,
    skip_blocks,
    skip_bounds,
    skip_candles,
    step,
    trade,
    trails,
    wallet,
)
from robustop_plugin.lab.replay.kernel import initial_stop as kernel_initial_stop

MODULES = (
    *(exact, side, grid, durations, initial_stop, breakeven),
    *(hand_span, smart_trail, atr_guard, r_ladder, bracket, protections),
    *(host_arithmetic, kernel_initial_stop, step, funding, exit_prices, trails, skip_bounds, skip_blocks, skip_candles),
    *(candle_decision, candle_exit, trade, partial_sales, partial_open, partial_trade, sale_proceeds),
    *(wallet, position_size, signal_values, setting_tables, portfolio, batch, closed_trades),
)
"""In dependency order: a module comes after those whose functions it calls."""

ENTRIES: frozenset[Callable[..., Any]] = frozenset(
    {
        signal_values.prepare,
        signal_values.fill_decimals,
        setting_tables.fill_exact_parts,
        batch.play_all,
        closed_trades.list_closed,
    }
)
"""The functions that are called from Python."""

"""Lists all modules that are compiled: this folder, and what it uses of the core, the engines and the partial exits."""

from collections.abc import Callable
from typing import Any

from robustop_plugin import protections
from robustop_plugin.core import durations, equity, exact, grid, initial_stop, side, sizing, whole_numbers
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail
from robustop_plugin.lab.replay.kernel import (
    batch,
    candle_decision,
    candle_exit,
    closed_trades,
    drawdown,
    entered_trade,
    entries,
    exit_prices,
    exit_records,
    forced_exits,
    funding,
    host_arithmetic,
    open_risk,
    partial_open,
    partial_sales,
    partial_trade,
    portfolio,
    position_size,
    risk_sizing,
    sale_proceeds,
    sell_signals,
    setting_tables,
    signal_values,
    skip_blocks,
    skip_bounds,
    skip_candles,
    skip_inside,
    skip_opens,
    step,
    trade,
    trails,
    wallet,
)
from robustop_plugin.lab.replay.kernel import initial_stop as kernel_initial_stop

MODULES = (
    *(exact, whole_numbers, side, grid, durations, initial_stop, sizing, equity, breakeven),
    *(hand_span, smart_trail, atr_guard, r_ladder, bracket, protections),
    *(host_arithmetic, kernel_initial_stop, step, funding, exit_prices, trails, skip_bounds, skip_blocks, skip_candles),
    *(skip_inside, skip_opens, sell_signals, candle_decision, candle_exit, trade),
    *(partial_sales, partial_open, partial_trade, sale_proceeds),
    *(wallet, position_size, signal_values, setting_tables),
    *(
        entered_trade,
        risk_sizing,
        open_risk,
        exit_records,
        drawdown,
        entries,
        portfolio,
        forced_exits,
        batch,
        closed_trades,
    ),
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

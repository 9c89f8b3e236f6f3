"""Which functions of the replay become part of their callers when they are compiled."""

import inspect
from pathlib import Path
from types import FunctionType

import pytest

from robustop_plugin.core import grid
from robustop_plugin.engines import atr_guard
from robustop_plugin.lab.replay import compiler, kernel
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
    initial_stop,
    open_risk,
    partial_open,
    partial_sales,
    partial_trade,
    portfolio,
    position_size,
    risk_sizing,
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
)
from robustop_plugin.lab.replay.kernel.modules import MODULES

pytest.importorskip("numba")

INLINED = frozenset(
    {
        atr_guard.atrs_in_ticks,
        *(grid.round_towards_market, grid.ticks_between, grid.to_price, grid.to_ticks, grid.whole_ticks),
        *(host_arithmetic.nearest_price, host_arithmetic.truncated, atr_guard.atrs_in_ticks),
        *(
            portfolio.close,
            signal_values.fill_of,
            portfolio.enter,
            portfolio.first_after,
            forced_exits.force_exit,
            forced_exits.force_all,
            portfolio.entry_if_free,
            portfolio.next_moment,
            signal_values.prepare,
            portfolio.reversal_signal,
            portfolio.advance,
            portfolio.process_turn,
            portfolio.record_entry,
            exit_records.record_exit,
            exit_records.funding_at_exit,
            entries.initial_stop_of,
            entries.fill_for,
            entries.with_initial_stop,
            entries.is_refused,
            portfolio.close_and_reverse,
        ),
        *(skip_bounds.skip_bounds, skip_bounds.is_covered),
        *(initial_stop.first_stop, initial_stop.in_ticks, initial_stop.stop_at_signal),
        *(initial_stop.bounded_ticks, initial_stop.percent_ticks, initial_stop.losing_stop),
        *(funding.next_payment, funding.paid_until),
        *(closed_trades.list_closed,),
        *(partial_open.decide_open, partial_open.due, partial_open.with_virtual),
        *(
            partial_trade.skip_bounds_with_partials,
            entered_trade.end_of,
            partial_trade.process_open,
            partial_trade.simulate_partial_trade,
        ),
        *(
            skip_candles.first_from,
            skip_candles.no_tighter_offer,
            skip_candles.no_change,
            skip_candles.last_skippable,
            skip_candles.late_from,
            skip_candles.skip_candles,
            skip_candles.skip_one_by_one,
            sell_signals.next_sell_signal,
            skip_inside.skip_ahead,
            skip_inside.skip_inside,
            skip_opens.skips_open,
            skip_opens.with_open,
        ),
        *(
            exit_prices.breakeven_of,
            exit_prices.price_before_target,
            exit_prices.profit_ratio,
            exit_prices.profit_taken,
            exit_prices.min_profit_price,
            exit_prices.stop_ratio,
        ),
        *(skip_blocks.after_skipped, skip_blocks.skip_in_blocks),
        *(batch.play_all,),
        *(
            open_risk.processed_until,
            open_risk.first_in_doubt,
            open_risk.risks_too_much,
            open_risk.until_now,
            open_risk.note_stop,
        ),
        *(drawdown.next_look, drawdown.look_at_entry, drawdown.look_at_turn, drawdown.look, drawdown.set_profit),
        *(drawdown.all_seen, drawdown.refuses_entries, drawdown.leave),
        *(risk_sizing.stake_by_risk,),
        *(position_size.hard_stop, position_size.liquidation_of, position_size.stake_at, position_size.set_terms),
        *(
            partial_sales.after_sale,
            partial_sales.total_funding,
            partial_sales.order_of,
            partial_sales.running_funding,
            partial_sales.funding_since_fill,
        ),
        *(
            step.update_levels,
            step.decided,
            step.fresh,
            step.gain_at,
            step.gained,
            step.next_gain,
            step.observed,
            step.share_of,
            step.tightest,
            step.view_of,
        ),
        *(
            candle_decision.decide_candle,
            candle_decision.open_extreme,
            candle_decision.tick_at,
            candle_exit.exit_at_candle,
        ),
        *(trade.activate_at_entry, trade.simulate_trade),
        *(trails.apply_last_trail, trails.near_of, trails.compare_offer, trails.trail_offer, trails.out_of_reach),
        *(signal_values.fill_decimals,),
    }
)
"""Inlined by LLVM."""

INLINED_AS_SOURCE = frozenset(
    {setting_tables.engine_set_at, setting_tables.run_settings_at, setting_tables.settings_of_pair}
)
"""Inlined by numba before it compiles."""


def inlined(option: str, value: object) -> set[object]:
    """Return the functions that are compiled with an option of this value."""
    found = compiler.compiled(MODULES)
    return {plain for plain, compiled in found.items() if compiled.targetoptions.get(option) == value}


def with_other_names(function: FunctionType) -> FunctionType:
    """Return a function whose parameters have other names, and the same types in the same order."""
    function = inspect.unwrap(function)
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    names = {name: f"renamed_{name}" for name in code.co_varnames[:count]}
    other = FunctionType(
        code.replace(co_varnames=(*names.values(), *code.co_varnames[count:])), function.__globals__, function.__name__
    )
    other.__annotations__ = {names.get(name, name): kind for name, kind in function.__annotations__.items()}
    return other


def test_functions_that_take_large_values_are_inlined() -> None:
    """The compiler is told to inline exactly these functions."""
    assert inlined("forceinline", value=True) == INLINED


def test_every_file_of_the_kernel_is_compiled() -> None:
    """The list of modules names all files of the kernel with functions that run compiled."""
    folder = Path(kernel.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "modules", "row_types", "scalars", "tables"}
    assert {Path(str(module.__file__)).stem for module in MODULES if module.__package__ == kernel.__name__} == files


def test_functions_that_return_records_are_inlined_as_source() -> None:
    """Numba inlines exactly the functions whose results compiled code cannot return."""
    assert inlined("inline", value="always") == INLINED_AS_SOURCE


def test_the_names_of_parameters_do_not_matter() -> None:
    """A function whose parameters are renamed is inlined as before."""
    plain = set(compiler.compiled(MODULES)) - INLINED_AS_SOURCE - compiler.SEPARATE
    changed = {function for function in plain if compiler.inlining(with_other_names(function))["forceinline"]}
    assert changed == INLINED


def test_a_familiar_name_does_not_inline_a_function() -> None:
    """A parameter called as a large value often is, of another type, changes nothing."""

    def small(market: float, choice: int, place: bool) -> float:
        return market + choice + place

    assert compiler.inlining(small) == {"forceinline": False}


@pytest.mark.parametrize("kind", sorted(compiler.LARGE, key=str))
def test_each_large_type_matters(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one of the types, other functions are inlined: the list of this file would notice."""
    monkeypatch.setattr(compiler, "LARGE", compiler.LARGE - {kind})
    assert inlined("forceinline", value=True) < INLINED


def test_a_function_that_returns_a_large_value_is_not_inlined_for_that() -> None:
    """Only what a function takes counts."""
    assert compiler.inlining(grid.grid_of) == {"forceinline": False}

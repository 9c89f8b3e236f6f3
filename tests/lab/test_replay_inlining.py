"""Which functions of the replay become part of their callers when they are compiled."""

from types import FunctionType

import pytest

from robustop_plugin.core import grid
from robustop_plugin.lab.replay import (
    accounts,
    asked,
    book,
    calm,
    first,
    funding,
    listing,
    machine,
    opens,
    parts,
    passing,
    prices,
    quiet,
    runs,
    sizes,
    sold,
    step,
    trade,
    trailing,
    written,
)
from robustop_plugin.lab.replay.evaluator import MODULES

pytest.importorskip("numba")

INLINED = frozenset(
    {
        *(grid.round_towards_market, grid.ticks_between, grid.to_price, grid.to_ticks, grid.whole_ticks),
        *(accounts.nearest_price, accounts.truncated),
        *(
            book.close,
            book.deal_of,
            book.enter,
            book.first_after,
            book.force,
            book.force_all,
            book.free,
            book.next_moment,
            book.prepare,
            book.reversal,
            book.run_through,
            book.settle,
            book.start_of,
            book.turned,
        ),
        *(calm.calm_of, calm.is_covered),
        *(first.first_stop, first.in_ticks),
        *(funding.next_payment, funding.paid_until),
        *(listing.list_closed,),
        *(opens.at_open, opens.due, opens.with_virtual),
        *(parts.calm_in_parts, parts.end_of, parts.opened, parts.walk_in_parts),
        *(
            passing.first_from,
            passing.is_quiet,
            passing.is_still,
            passing.last_calm,
            passing.late_from,
            passing.passed_over,
            passing.passed_with_atr,
            passing.passes_open,
            passing.with_open,
        ),
        *(
            prices.breakeven_of,
            prices.price_before_target,
            prices.profit_ratio,
            prices.profit_taken,
            prices.profit_watched,
            prices.told_ratio,
        ),
        *(quiet.behind, quiet.passed_quietly),
        *(runs.play_all,),
        *(sizes.hard_stop, sizes.keep_off, sizes.stake_at),
        *(sold.after_sale, sold.booked, sold.order_of, sold.running, sold.since_fill),
        *(
            step.asked,
            step.decided,
            step.fresh,
            step.gain_at,
            step.gained,
            step.next_gain,
            step.observed,
            step.tightest,
            step.view_of,
        ),
        *(trade.awake, trade.left_at, trade.look_at, trade.looked, trade.walk),
        *(trailing.caught_up, trailing.near_of, trailing.news_of, trailing.offer_of, trailing.out_of_reach),
        *(written.write_down,),
    }
)
"""Inlined by LLVM."""

INLINED_AS_SOURCE = frozenset({asked.choice_at, asked.rules_at})
"""Inlined by numba before it compiles."""


def inlined(option: str, value: object) -> set[object]:
    """Return the functions that are compiled with an option of this value."""
    found = machine.compiled(MODULES)
    return {plain for plain, compiled in found.items() if compiled.targetoptions.get(option) == value}


def with_other_names(function: FunctionType) -> FunctionType:
    """Return a function whose parameters have other names, and the same types in the same order."""
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


def test_functions_that_return_records_are_inlined_as_source() -> None:
    """Numba inlines exactly the functions whose results compiled code cannot return."""
    assert inlined("inline", value="always") == INLINED_AS_SOURCE


def test_the_names_of_parameters_do_not_matter() -> None:
    """A function whose parameters are renamed is inlined as before."""
    plain = set(machine.compiled(MODULES)) - INLINED_AS_SOURCE - {sold.less}
    changed = {function for function in plain if machine.inlining(with_other_names(function))["forceinline"]}
    assert changed == INLINED


def test_a_familiar_name_does_not_inline_a_function() -> None:
    """A parameter called as a large value often is, of another type, changes nothing."""

    def small(market: float, choice: int, place: bool) -> float:
        return market + choice + place

    assert machine.inlining(small) == {"forceinline": False}


@pytest.mark.parametrize("kind", sorted(machine.LARGE, key=str))
def test_each_large_type_matters(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one of the types, other functions are inlined: the list of this file would notice."""
    monkeypatch.setattr(machine, "LARGE", machine.LARGE - {kind})
    assert inlined("forceinline", value=True) < INLINED


def test_a_function_that_returns_a_large_value_is_not_inlined_for_that() -> None:
    """Only what a function takes counts."""
    assert machine.inlining(grid.grid_of) == {"forceinline": False}

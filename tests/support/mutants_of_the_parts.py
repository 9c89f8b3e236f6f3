"""Planted bugs around the step: numbers, first stop, sizes, sales, state, settings and translation."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from robustop_plugin.bridge.decisions import take_profit
from robustop_plugin.bridge.exit_requests.requests import RequestedExits
from robustop_plugin.bridge.facts import breakeven, position, stop_ratio
from robustop_plugin.bridge.partials import orders
from robustop_plugin.core import decide as step
from robustop_plugin.core import exact, gate, grid, initial_stop, sizing, trade_state, whole_numbers
from robustop_plugin.core.exact import Exact, Written
from robustop_plugin.settings import RobustopBlock, describe, load
from tests.support.mutants_of_the_step import Mutants

real_in_order, real_towards_market, real_decide = RequestedExits.in_order, grid.towards_market, step.decide
real_percent_away, real_loss, real_merged = initial_stop.percent_away, sizing.loss_of_unit, load.merged


def in_binary(number: float) -> Written:
    """Return the exact binary value of a float instead of its decimal."""
    return Written(Exact(number, 0.0), 0)


def whatever_keys(data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return position and memory of a state, whatever its keys."""
    return dict(data["position"]), dict(data["memory"])


def without_anchor(block: BaseModel) -> dict[str, Any]:
    """Return the settings written out, with the anchor reset to `price`."""
    return {**BaseModel.model_dump(block), "anchor": "price"}


class Boundless(RobustopBlock):
    """Settings in which one number has no bound."""

    time_stop_hours: float | None = None


class Generous(RobustopBlock):
    """Settings that accept unknown keys."""

    model_config = ConfigDict(extra="ignore")


MUTANTS: Mutants = {
    "reasons in reverse": (
        "L13",
        {(RequestedExits, "in_order"): lambda requested: reversed(list(real_in_order(requested)))},
    ),
    "looks inside candles": (
        "L15",
        {
            (step, "decide"): lambda position, tick, known, rules: real_decide(
                position, replace(tick, inside_candle=False), known, rules
            )
        },
    ),
    "a hundredth of the improvement": ("L25 L26 L27", {(gate, "HUNDRED"): Exact(1.0, 0.0)}),
    "decimals in binary": ("L29", {(exact, "as_written"): in_binary}),
    "whole numbers are rounded up": (
        "L30",
        {(whole_numbers, "ceiling"): lambda exact: whole_numbers.floor(exact) + 1},
    ),
    "tick size in binary": ("L31", {(grid, "as_written"): in_binary}),
    "the grid rounds away from the market": (
        "L32",
        {(grid, "towards_market"): lambda side, ticks: real_towards_market(-side, ticks)},
    ),
    "the first stop at the liquidation price": (
        "L33",
        {(initial_stop, "towards_market"): lambda side, ticks: real_towards_market(side, ticks) - side},
    ),
    "bounds of the first stop ignored": ("L34", {(initial_stop, "_bounds"): lambda *known: iter(())}),
    "percents twice as far": (
        "L34 L35",
        {
            (initial_stop, "percent_away"): lambda side, price, percent: real_percent_away(
                side, price, min(2 * percent, 99)
            )
        },
    ),
    "slippage is no loss": (
        "L36 L37 L38",
        {
            (sizing, "loss_of_unit"): lambda side, entry, stop, costs: real_loss(
                side, entry, stop, costs._replace(slippage_percent=0.0)
            )
        },
    ),
    "the exit's fee is the entry's": (
        "L36 L37 L38",
        {
            (sizing, "loss_of_unit"): lambda side, entry, stop, costs: real_loss(
                side, entry, stop, costs._replace(fee_close=costs.fee_open)
            )
        },
    ),
    "numbers are read with eight places": ("L41 L43", {(trade_state, "_number"): lambda value: round(float(value), 8)}),
    "every schema is known": ("L42", {(trade_state, "SCHEMA"): 10**9}),
    "the first schema had sold": (
        "L43",
        {(trade_state, "NOTHING_SOLD"): {**trade_state.NOTHING_SOLD, "progress": [1, False]}},
    ),
    "whatever keys a state has": ("L44", {(trade_state, "_whole_parts"): whatever_keys}),
    "a truth value is a price": ("L44", {(trade_state, "POSITION_NUMBERS"): ()}),
    "a number without a bound": ("L45", {(load, "RobustopBlock"): Boundless}),
    "a bound in other words": (
        "L45",
        {(describe, "BOUNDS"): {**describe.BOUNDS, "greater_than": "it must be >= {gt}"}},
    ),
    "the anchor is not written": ("L46", {(RobustopBlock, "model_dump"): without_anchor}),
    "blocks are replaced": ("L47", {(load, "merged"): lambda base, over: {**base, **over}}),
    "the first layer wins": ("L47", {(load, "merged"): lambda base, over: real_merged(over, base)}),
    "unknown keys are ignored": ("L48", {(load, "RobustopBlock"): Generous}),
    "the exact ratio is handed over": ("L49 L50 L51", {(stop_ratio, "_distance"): lambda trade, price: 0.0}),
    "a short pays as a long": ("L52", {(breakeven, "side_of"): lambda trade: 1}),
    "takes profit beyond the level": ("L53", {(take_profit, "TAKE_PROFIT_LEAD"): -0.25}),
    "takes profit a tick too early": ("L53", {(take_profit, "TAKE_PROFIT_LEAD"): 1.25}),
    "the host's truncation is forgotten": ("L54", {(orders, "SAME"): 0.0}),
    "rungs in three digits": ("L55", {(orders, "_written"): lambda multiple: f"{multiple:.3g}"}),
    "the stop of before is lost": ("L56", {(position, "tighter"): lambda *known: True}),
}

"""The stepped trailing stop: the first span of profit brings breakeven, each further span moves the stop one span.

The span is `R`, the distance between entry and initial stop. With `n` whole spans of profit on the best
price: `n = 0` nothing, `n = 1` breakeven net of costs, `n >= 2` also a trail `lag` spans behind the last
whole span. With a `portion`, the trail is where that part of the position is sold, and the rest lives under breakeven.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.durations import HOUR, at_least_as_old
from robustop_plugin.core.engine import NO_LEVEL, NO_LEVELS, Levels, View
from robustop_plugin.core.exact import ONE, Exact, add, at_least, decimal, divide, multiply, subtract
from robustop_plugin.core.side import signed
from robustop_plugin.core.whole_numbers import whole_times
from robustop_plugin.engines.breakeven import breakeven_net_of_costs, next_clearing

LAG = 1.0
"""Spans between the last whole span reached and the trail, until tightened."""


class HandSpanOptions(NamedTuple):
    """Settings of the engine, as numbers.

    Attributes:
        fee_percent: cost of one round trip in fees, in percent of the entry.
        slippage_percent: expected slippage, in percent of the entry.
        min_scale: smallest part of the span that a falling ATR may leave, in (0, 1]; 1 switches it off.
        tighten_after_hours: age in hours from which the trail keeps `tighten_lag`; infinite switches it off.
        tighten_lag: lag from then on, in spans, in [0, 1].
    """

    fee_percent: float
    slippage_percent: float
    min_scale: float
    tighten_after_hours: float
    tighten_lag: float


class Scale(NamedTuple):
    """The part of the span in use, as a quotient: dividing last keeps whole numbers whole."""

    numerator: Exact
    denominator: Exact


def hand_span(view: View, options: HandSpanOptions) -> Levels:
    """Return breakeven and trail for the whole spans that the best price has reached."""
    scale = span_scale(view.atr, view.atr_at_entry, options.min_scale)
    span = multiply(view.risk, scale.numerator)
    spans = whole_times(multiply(view.gain, scale.denominator), span)
    if spans < 1:
        return NO_LEVELS
    tightened = at_least_as_old(view.age, options.tighten_after_hours, HOUR)
    trail = NO_LEVEL
    if spans > 1 or tightened:
        behind = subtract(Exact(spans, 0.0), decimal(options.tighten_lag if tightened else LAG))
        locked = divide(multiply(behind, span), scale.denominator)
        trail = add(view.entry, signed(view.side, locked))
    return Levels(breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent), trail)


def span_scale(atr: float, atr_at_entry: float, min_scale: float) -> Scale:
    """Return the part of the span in use: `atr / atr_at_entry`, not below `min_scale`, not above 1."""
    if min_scale >= 1 or math.isnan(atr) or math.isnan(atr_at_entry) or atr >= atr_at_entry:
        return Scale(ONE, ONE)
    now, first, smallest = decimal(atr), decimal(atr_at_entry), decimal(min_scale)
    return Scale(now, first) if at_least(now, multiply(smallest, first)) else Scale(smallest, ONE)


def next_change(view: View, options: HandSpanOptions) -> float:
    """Return the gain in ticks up to which the levels stay the same, if neither ATR nor time change them.

    They change at the next whole span, and when the costs are covered once a span is reached.
    """
    spans = whole_times(view.gain, view.risk)
    change = multiply(Exact(spans + 1.0, 0.0), view.risk).high
    if spans < 1:
        return change
    breakeven = breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent)
    return min(change, next_clearing(view, breakeven))

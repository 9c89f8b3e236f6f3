"""Parts of `hand_span` that the bridge relies on: its next change, and the part of the span in use."""

import math

import pytest

from robustop_plugin.core.engine import view_of
from robustop_plugin.core.exact import ONE, Exact
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.engines.hand_span import HandSpanOptions, Scale, next_change, span_scale


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("risk", "fee", "slippage", "gain", "change"),
    [
        (2, 2.0, 1.0, 0, 2.0),  # the first span
        (2, 2.0, 1.0, 2, 3.0),  # breakeven at a gain of 3 waits to be cleared
        (2, 2.0, 1.0, 3, 3.0),  # at it, it is not yet cleared
        (2, 2.0, 1.0, 4, 4.0),  # a level that is rounded up a tick may not be cleared yet
        (2, 2.0, 1.0, 5, 6.0),  # the third span: the costs are covered
        (10, 1.0, 0.5, 10, 20.0),
        (10, 1.0, 0.5, 25, 30.0),
    ],
)
def test_next_change(side: int, risk: int, fee: float, slippage: float, gain: int, change: float) -> None:
    """The levels stay up to the next whole span, or up to the costs if a span is reached before them."""
    position = Position(side, 100.0, 100.0 - side * risk, 1.0, 0.0)
    view = view_of(position, Tick(60.0, 100.0), 100.0 + side * gain, None, None)
    assert next_change(view, HandSpanOptions(fee, slippage, 1.0, math.inf, 1.0)) == change


@pytest.mark.parametrize(
    ("atr", "first", "scale"),
    [
        (math.nan, 2.0, Scale(ONE, ONE)),
        (1.5, math.nan, Scale(ONE, ONE)),
        (2.0, 2.0, Scale(ONE, ONE)),
        (3.0, 2.0, Scale(ONE, ONE)),
        (1.5, 2.0, Scale(Exact(1.5, 0.0), Exact(2.0, 0.0))),
        (1.0, 2.0, Scale(ONE, Exact(2.0, 0.0))),  # at the smallest part it is still the quotient
        (0.5, 2.0, Scale(Exact(0.5, 0.0), ONE)),
    ],
)
def test_the_part_of_the_span_in_use(atr: float, first: float, scale: Scale) -> None:
    """Only a known ATR below the first ATR shrinks the span, down to the smallest part."""
    found = span_scale(atr, first, 0.5)
    assert [Exact(*map(float, part)) for part in found] == list(scale)

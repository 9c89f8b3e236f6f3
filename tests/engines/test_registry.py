"""Engines by name, with their options bound."""

import math

from robustop_plugin.core.engine import view_of
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.engines.hand_span import HandSpanOptions, hand_span, next_change
from robustop_plugin.engines.registry import engine_of

OPTIONS = HandSpanOptions(2.0, 1.0, 1.0, math.inf, 1.0)
VIEW = view_of(Position(1, 100.0, 98.0, 1.0, 0.0), Tick(60.0, 102.0), 102.0, None, None)


def test_a_steady_engine_says_how_long_its_opinion_lasts() -> None:
    """Offer and next change are those of the engine, with the options bound."""
    engine = engine_of("hand_span", OPTIONS, steady=True)
    assert engine.name == "hand_span"
    assert engine.offer(VIEW).breakeven == hand_span(VIEW, OPTIONS).breakeven
    assert engine.next_change is not None
    assert engine.next_change(VIEW) == next_change(VIEW, OPTIONS) == 3.0


def test_an_engine_that_is_not_steady_promises_nothing() -> None:
    """If time or the ATR counts, the engine must be asked at every tick."""
    assert engine_of("hand_span", OPTIONS, steady=False).next_change is None

"""Prices that are passed over without a decision change nothing: with and without, a backtest is the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.calm import Calm
from robustop_plugin.core.facts import Position, Tick, view_of
from robustop_plugin.engines.hand_span import HandSpanOptions, hand_span, next_change
from tests.bridge.by_hand import Candle, Hand
from tests.bridge.host import Host, Played
from tests.properties.markets import budget

STEPS: list[Candle] = [
    (100.0, 100.3, 99.6, 100.2),
    (100.2, 101.7, 100.0, 101.5),
    (101.5, 101.99, 101.0, 101.9),
    (101.9, 102.0, 101.4, 101.8),
    (101.8, 103.2, 101.7, 103.1),
    (103.1, 103.99, 102.9, 103.9),
    (103.9, 104.01, 103.0, 103.5),
    (103.5, 105.4, 103.2, 105.0),
]


def told(played: Played) -> list[tuple[Any, ...]]:
    """Return everything that a backtest recorded, token by token."""
    return [tuple(sorted((key, str(value)) for key, value in record.items())) for record in played.records]


@pytest.mark.parametrize("last", [(105.0, 105.1, 101.0, 101.5), (105.0, 105.7, 101.0, 101.5)])
def test_a_backtest_is_the_same_when_every_price_is_decided_on(
    host: Host, monkeypatch: pytest.MonkeyPatch, last: Candle
) -> None:
    """The records of a run that passes prices over equal those of one that never does, facts and best included.

    The candle of the exit may have a new best price: the host does not ask at it, and it does not count.
    """
    candles = [*STEPS, last, (101.0, 101.5, 100.5, 101.0)]
    spared = told(host.play(Hand, candles))
    monkeypatch.setattr(Calm, "passes", lambda *_: False)
    assert told(host.play(Hand, candles)) == spared
    assert len(spared) > 3


@given(
    side=st.sampled_from((1, -1)),
    risk=st.integers(1, 300),
    fee=st.sampled_from((0.0, 0.1, 0.2, 1.0)),
    gains=st.lists(st.integers(0, 1500), min_size=2, max_size=2),
)
@budget()
def test_the_opinion_lasts_up_to_its_next_change(side: int, risk: int, fee: float, gains: list[int]) -> None:
    """Between a gain and the next change of opinion the engine offers, and the best price clears, the same levels."""
    first, second = sorted(gains)
    entry = 10_000
    position = Position(side, float(entry), float(entry - side * risk), 1.0, 0.0)
    options = HandSpanOptions(fee, 0.05, 1.0, float("inf"), 1.0)
    views = [
        view_of(position, Tick(1.0, float(entry)), float(entry + side * gain), None, None) for gain in (first, second)
    ]
    if second < next_change(views[0], options):
        cleared = [
            [
                level.high
                for level in hand_span(view, options)
                if level.high == level.high and side * (view.best.high - level.high) > 0
            ]
            for view in views
        ]
        assert cleared[0] == cleared[1]

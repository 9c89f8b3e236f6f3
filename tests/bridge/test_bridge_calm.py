"""Prices that are passed over without a decision change nothing: with and without, a backtest is the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.calm import MARGIN, Calm, next_change
from robustop_plugin.core.decision import fresh_memory
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.levels import ask, observe, recalled, seen
from robustop_plugin.settings import load_settings
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


ENGINES = (
    *({"name": "hand_span", "fee_percent": fee} for fee in (0, 0.1, 0.2, 1)),
    {"name": "smart_trail", "activation_percent": 1, "breakeven_percent": 0.7, "fee_percent": 0.3},
    {"name": "smart_trail", "activation_percent": 0.5},
    {"name": "r_ladder"},
    {"name": "r_ladder", "rungs": [[0.5, "breakeven"], [2.5, 1], [3, 2]], "fees": True, "fee_percent": 0.6},
    {"name": "bracket"},
)


@given(
    side=st.sampled_from((1, -1)),
    aside=st.sampled_from((0.0, 0.25, 0.5, 0.9)),
    risk=st.integers(1, 300),
    block=st.sampled_from(ENGINES),
    gains=st.lists(st.integers(1, 1500) | st.integers(1, 60), min_size=2, max_size=2),
)
@budget()
def test_the_opinion_lasts_up_to_its_next_change(
    side: int, aside: float, risk: int, block: dict[str, Any], gains: list[int]
) -> None:
    """L57: between a gain and the next change of opinion nothing is wanted or kept that was not before."""
    rules = load_settings({"engines": [block], "partials": []}).default.rules()
    position = Position(side, 10_000 + aside, 10_000.0 - side * risk, 1.0, 0.0)
    first, second = (Tick(1.0, float(10_000 + side * gain)) for gain in sorted(gains))
    memory = ask(position, first, observe(position, first, fresh_memory(position)), rules)
    (engine,) = rules.engines
    change = next_change(engine, seen(position, first, memory), recalled(engine, memory.kept))
    if side * (second.price - position.entry) < change - MARGIN:
        later = ask(position, second, observe(position, second, memory), rules)
        assert later == memory._replace(best=second.price)

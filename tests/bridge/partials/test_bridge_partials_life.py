"""Laws of partial exits, on random scenarios of a real trade in Freqtrade's backtester."""

from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from freqtrade.persistence import Order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bridge_scenarios import BacktestedTrade
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.selling_strategies import with_partials

SCHEDULES: list[list[list[Any]]] = [
    [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]],
    [[0.5, 0.3333], [1.0, 0.3333], [1.5, 0.3334]],
    [[0.3333333333, 0.1], [1.0, 0.15], [1.7777777777, 0.2], [2.5, 0.05]],
    [[1.0, 1.0]],
]
ENGINES = [
    {"name": "hand_span"},
    {"name": "hand_span", "portion": 0.35},
    {"name": "r_ladder", "rungs": [[0.5, 1.0], [2.0, 0.5]]},
    {"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 1.5},
]
SMALLEST = 5
"""The exchange's minimum order, in USDT."""


class Step(NamedTuple):
    """The events of one candle.

    Attributes:
        gap: from the last close to the open, in cents.
        body: from open to close, in cents.
        wicks: favorable and adverse, beyond the body, in cents.
        buys: stake that the user adds.
        rests: percentage that is filled before resting sales are cancelled; None: sales fill at once.
    """

    gap: int
    body: int
    wicks: tuple[int, int]
    buys: float
    rests: int | None


steps = st.builds(
    Step,
    gap=st.integers(-40, 90),
    body=st.integers(-60, 100),
    wicks=st.tuples(st.integers(0, 90), st.integers(0, 60)),
    buys=st.sampled_from([0.0] * 6 + [15.0, 200.0]),
    rests=st.sampled_from([None, None, None, 0, 37, 90]),
)


def live(life: BacktestedTrade, path: list[Step]) -> None:
    """Process a trade along a path."""
    close, side = 10000, -1 if life.trade.is_short else 1
    for step in path:
        opening = close + side * step.gap
        close = opening + side * step.body
        favour, against = step.wicks if side > 0 else step.wicks[::-1]
        high, low = max(opening, close) + favour, min(opening, close) - against
        life.strategy.buys, life.strategy.rests = step.buys, step.rests is not None
        life.candle((opening / 100, high / 100, low / 100, close / 100))
        for order in life.resting():
            lots = round(order.safe_amount * 1000) * (step.rests or 0) // 100
            life.settle(lots / 1000, opening / 100)


def share_taken(tags: list[str], schedule: list[list[Any]], engine: dict[str, Any]) -> Fraction:
    """Return the total share of the original that orders with these tags may have sold."""
    highest = max(rungs_of(tags), default=0.0)
    shares = sum(Fraction(str(share)) for multiple, share in schedule if multiple <= highest and share != "rest")
    return shares + (Fraction(str(engine["portion"])) if any("portion" in tag for tag in tags) else 0)


def rungs_of(tags: list[str]) -> list[float]:
    """Return the multiples in the tags."""
    return [float(tag.rpartition("_")[2].removesuffix("R")) for tag in tags if tag.endswith("R")]


def lots(order: Order) -> int:
    """Return the filled amount in lots of 0.001."""
    return round(order.safe_filled * 1000)


@settings(max_examples=examples(2 / 3), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.lists(steps, min_size=4, max_size=18),
    schedule=st.sampled_from(SCHEDULES),
    engine=st.sampled_from(ENGINES),
    short=st.booleans(),
    leverage=st.sampled_from([1.0, 3.0]),
    amount=st.sampled_from([0.12, 0.333, 10.0]),
)
def test_the_laws_of_partial_exits(
    host: Host,
    path: list[Step],
    schedule: list[list[Any]],
    engine: dict[str, Any],
    short: bool,
    leverage: float,
    amount: float,
) -> None:
    """No stop loosens, no rung is sold twice, all amounts add up, and nothing below the minimum is left."""
    life = BacktestedTrade(
        host,
        with_partials(schedule, engine),
        is_short=short,
        leverage=leverage,
        amount=amount,
        stake_amount=amount * 100 / leverage,
    )
    live(life, path)
    trade, side = life.trade, -1 if short else 1
    assert all(side * (later - earlier) >= 0 for earlier, later in pairwise(life.stops)), life.stops
    assert "host" not in life.actions
    assert "error" not in life.actions

    held, original, tags = 0, 0, []
    for order in trade.orders:
        if order.ft_order_side == trade.entry_side:
            held, original = held + lots(order), original + lots(order)
            continue
        held, tag = held - lots(order), str(order.ft_order_tag)
        assert held >= 0
        if lots(order) and tag.startswith("robustop_") and (tag.endswith("R") or "portion" in tag):
            tags.append(tag)
            if len(trade.select_filled_orders(trade.entry_side)) == 1:
                assert original - held <= share_taken(tags, schedule, engine) * original
        if tag.startswith("robustop_") and order.status == "closed" and held:
            assert held * Fraction(str(order.safe_price)) / 1000 >= SMALLEST
    assert rungs_of(tags) == sorted(set(rungs_of(tags)))
    assert sum("portion" in tag for tag in tags) <= 1
    assert held == round(trade.amount * 1000) if trade.is_open else held == 0

"""What the open positions are like, by hand-made looks at them."""

from typing import Any

import pytest

from robustop_plugin.bridge.metrics.positions import gauges_of_positions
from robustop_plugin.bridge.state.last_checks import LookNoted
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState

LOOP, NOW = 10, 1000.0


def record_of(
    price: float, stop: float | None, side: int = 1, *, loop: int = LOOP, rests: bool | None = None, **over: Any
) -> LiveTrade:
    """Return the record of a trade with an entry at 100 and 10 of risk, looked at three seconds ago."""
    position = Position(side, 100.0, 100.0 - side * 10.0, 0.01, 0.0)
    memory = fresh_memory(position)
    memory = memory if stop is None else memory._replace(stop=stop)
    state = TradeState(position, memory, 0, pair=over.pop("pair", "A/USDT"))
    look = LookNoted(loop, NOW - 3.0, price, stop, rests)
    return LiveTrade(**{"state": state, "look": look, **over})


def found(*records: LiveTrade) -> dict[str, Any]:
    """Return the samples, without labels where there are none."""
    samples = gauges_of_positions(enumerate(records), LOOP, NOW, lambda pair: pair != "BRACKET/USDT")
    return {name.removeprefix("robustop_"): values.get((), values) for name, values in samples.items()}


NOTHING = {"oldest_look_age_seconds": 0.0, "smallest_stop_distance_r": 0.0}


def test_without_positions() -> None:
    """A record of an entry that rests is no position."""
    assert found() == NOTHING
    assert found(LiveTrade()) == NOTHING


def test_a_position_at_its_entry() -> None:
    """One at risk, one R from its stop."""
    assert found(record_of(100.0, 90.0)) == {
        "open_positions": {("INITIAL_RISK",): 1.0},
        "positions_by_stop_distance": {("1",): 1.0},
        "oldest_look_age_seconds": 3.0,
        "smallest_stop_distance_r": 1.0,
    }


@pytest.mark.parametrize(
    ("price", "stop", "side", "exposed"),
    [
        (110.0, 99.99, 1, False),  # just 1 R
        (110.01, 99.99, 1, True),
        (110.01, 100.0, 1, False),
        (89.99, 100.01, -1, True),
        (89.99, 100.0, -1, False),
        (90.0, 100.01, -1, False),
        (200.0, None, 1, False),
    ],
)
def test_a_profit_that_could_still_be_lost(price: float, stop: float | None, side: int, exposed: bool) -> None:
    """More than 1 R, with the stop on the losing side of the entry, long and short."""
    name = "profitable_positions_stop_below_entry"
    assert found(record_of(price, stop, side)).get(name, 0.0) == exposed
    assert name not in found(record_of(price, stop, side, pair="BRACKET/USDT"))


@pytest.mark.parametrize(
    ("over", "unprotected"),
    [
        ({"rests": True}, False),
        ({"rests": False}, True),
        ({"rests": True, "loop": 1}, False),  # the order rests, whether the bot looks or not
        ({"loop": LOOP - 2}, False),
        ({"loop": LOOP - 3}, True),
        ({"stop": 0.0}, True),
        ({"stop": None}, True),
        ({"rests": False, "is_shadowed": True}, False),  # not robustop's
        ({"rests": False, "state": None}, True),
    ],
)
def test_a_position_without_protection(over: dict[str, Any], unprotected: bool) -> None:
    """No order that should rest, or nobody who checks the stop."""
    stop = over.pop("stop", 90.0)
    record = record_of(100.0, 90.0, **over)
    record.look = record.look._replace(stop=stop) if record.look else None
    assert found(record).get("unprotected_positions", 0.0) == unprotected


@pytest.mark.parametrize(
    ("price", "stop", "side", "bound"),
    [
        (100.0, 99.0, 1, "0.25"),
        (100.0, 97.5, 1, "0.25"),
        (100.0, 97.49, 1, "0.5"),
        (120.0, 95.0, 1, "4"),
        (80.0, 121.0, -1, "+Inf"),
        (89.0, 90.0, 1, "0.25"),  # beyond its stop
    ],
)
def test_the_distance_to_the_stop(price: float, stop: float, side: int, bound: str) -> None:
    """Each position counts at the smallest bound that holds its distance."""
    assert found(record_of(price, stop, side))["positions_by_stop_distance"] == {(bound,): 1.0}


def test_positions_together() -> None:
    """Phases are counted, shadowed and unmanaged ones under names of their own; an engine has moved one stop."""
    shadowed, unmanaged = record_of(100.0, 90.0, is_shadowed=True), record_of(100.0, 90.0, state=None)
    samples = found(record_of(100.0, 90.0), record_of(115.0, 105.0), shadowed, unmanaged)
    assert samples["open_positions"] == {("INITIAL_RISK",): 2.0, ("SHADOWED",): 1.0, ("UNMANAGED",): 1.0}
    assert samples["activated_positions"] == 1.0

"""The order of the reasons to leave: several requests at once are put in order before the step sees one of them."""

from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.exit_requests.requests import RequestedExits
from robustop_plugin.core import decide as step
from robustop_plugin.core.decision import Exit, Hold
from robustop_plugin.core.exit_reason import REQUESTABLE
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.settings import load_settings
from tests.support.markets import budget

BRACKET = {"engines": [{"name": "bracket", "base_ratio": 1.5}], "partials": [], "time_stop_hours": 1}
FLAGS = ("kill", "manual", "drawdown", "council")


@given(
    side=st.sampled_from((1, -1)),
    stop=st.sampled_from((-10, -4, 2)),
    gain=st.integers(-12, 20) | st.sampled_from((-10, -4, 2, 14, 15)),
    seconds=st.sampled_from((0, 1, 3599, 3600, 7200)),
    flags=st.fixed_dictionaries(dict.fromkeys(FLAGS, st.sampled_from((False, False, False, True)))),
)
@budget()
def test_the_first_reason_in_the_order_is_the_reason(
    side: int, stop: int, gain: int, seconds: int, flags: dict[str, bool]
) -> None:
    """L13: of all reasons to leave at once the first counts: the stop, the first request, take profit, time stop."""
    position = Position(side, 100.0, 100.0 - side * 10, 1.0, 0.0)
    memory = fresh_memory(position)._replace(stop=100.0 + side * stop)
    reasons = (
        ("STOP_LOSS", gain <= stop == -10),
        ("TRAILING_STOP", gain <= stop),
        ("EMERGENCY", flags["kill"]),
        ("MANUAL", flags["manual"]),
        ("MAX_DRAWDOWN", flags["drawdown"]),
        ("COUNCIL_SELL", flags["council"]),
        ("TAKE_PROFIT", gain >= 15),
        ("TIME_STOP", seconds >= 3600),
    )
    expected = next((reason for reason, stands in reasons if stands), None)
    tick = Tick(float(seconds), 100.0 + side * gain, requested_exit=RequestedExits(**flags).first)
    outcome = step.decide(position, tick, memory, load_settings(BRACKET).default.step_settings())
    found = outcome.decision
    assert (found.reason if isinstance(found, Exit) else None) == expected
    assert isinstance(found, Exit | Hold)
    assert (outcome.memory.stop, outcome.memory.phase) == (memory.stop, memory.phase)


def test_every_reason_that_can_be_requested_has_its_place() -> None:
    """Each flag alone gives its own reason, together all that a tick accepts; no flag gives no reason."""
    assert RequestedExits._fields == FLAGS
    assert tuple(RequestedExits(**{flag: True}).first for flag in FLAGS) == (
        "EMERGENCY",
        "MANUAL",
        "MAX_DRAWDOWN",
        "COUNCIL_SELL",
    )
    assert {RequestedExits(**{flag: True}).first for flag in FLAGS} == set(REQUESTABLE)
    assert RequestedExits().first is None

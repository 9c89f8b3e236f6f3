"""The story of a trade: words, stops, multiples of R, and why."""

from typing import Any

import pytest

from robustop_plugin.audit.story import event_of, stories
from tests.support.audit_records import record_of

OPENED, DAY = 1735689600000, 86_400_000
"""In milliseconds."""
FACTS = {"entry": 100.0, "initial_stop": 98.0, "level": 99.5}
LIFE: list[tuple[dict[str, Any], tuple[str, str, str, str]]] = [
    (
        {"action": "initial", "old_stop": None, "new_stop": 98.0, "engine": None, "rule": "initial", "price": 100.0},
        ("the initial stop was set", "98", "-1.00", "initial, price 100"),
    ),
    (
        {"action": "adjusted", "old_stop": 98.0, "new_stop": 98.0, "engine": "manual", "rule": "stop", "reason": "me"},
        ("a person asked for a stop at 99.5", "98", "-1.00", "manual stop: me, price 102"),
    ),
    (
        {"old_stop": 98.0, "new_stop": 99.5, "engine": "manual", "rule": "stop"},
        ("the stop was tightened", "98 -> 99.5", "-0.25", "manual stop, price 102"),
    ),
    (
        {"old_stop": 99.5, "new_stop": 100.15},
        ("the stop has reached breakeven", "99.5 -> 100.15", "+0.08", "hand_span breakeven, price 102"),
    ),
    (
        {"old_stop": 100.15, "new_stop": 102.0, "rule": "trail", "price": 104.0},
        ("the stop was tightened", "100.15 -> 102", "+1.00", "hand_span trail, price 104"),
    ),
    (
        {"action": "host", "engine": "native", "rule": None, "old_stop": 102.0, "new_stop": 103.0},
        ("Freqtrade's trailing stop moved", "102 -> 103", "+1.50", "native, price 102"),
    ),
    (
        {"action": "closed", "engine": None, "rule": None, "old_stop": 102.0, "new_stop": 102.0, "price": 101.9,
         "reason": "trailing_stop_loss"},
        ("closed at 101.9", "102", "+0.95", "trailing_stop_loss"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("over", "told"), LIFE, ids=[told[0] for _, told in LIFE])
def test_each_event_is_told(over: dict[str, Any], told: tuple[str, str, str, str]) -> None:
    """What happened, old and new stop, R of what happened, and why."""
    record = record_of(1, **{"facts": FACTS, **over}).to_dict()
    assert event_of(record) == ("2025-01-01 00:00:01", *told)


def test_a_short_reaches_breakeven_from_above() -> None:
    """Its stop moves down, and R counts the other way."""
    facts = {"entry": 100.0, "initial_stop": 104.0}
    record = record_of(1, side=-1, facts=facts, old_stop=104.0, new_stop=99.0).to_dict()
    assert event_of(record)[1:4] == ("the stop has reached breakeven", "104 -> 99", "+0.25")


def test_r_is_measured_as_the_stop_measures_it() -> None:
    """After a later entry R may have kept its value; without facts there is none."""
    averaged = {"entry": 97.0, "initial_stop": 98.0, "risk_entry": 100.0}
    assert event_of(record_of(1, facts=averaged, new_stop=99.0).to_dict()).r == "+1.00"
    assert event_of(record_of(1, facts={}, new_stop=99.0).to_dict()).r == ""


def test_trades_are_told_one_after_the_other() -> None:
    """Each has its title; refused entries, and a number that was given again, are stories of their own."""
    first, refused, later = f"8:{OPENED}:1", "0:5:1", f"7:{OPENED + DAY}:1"
    records = [
        record_of(1, facts=FACTS),
        record_of(2, trade_id=8, token=first, pair="OTHER/USDT", side=-1, facts={}),
        record_of(3, trade_id=0, token=refused, action="refused", facts={}),
        record_of(4, facts=FACTS),
        record_of(5, token=later, facts=FACTS),
    ]
    told = stories(record.to_dict() for record in records)
    assert [(story.title, len(story.events)) for story in told] == [
        ("trade 7, HAND/USDT long, opened 2025-01-01 00:00:00 at 100 (R = 2)", 2),
        ("trade 8, OTHER/USDT short, opened 2025-01-01 00:00:00", 1),
        ("entries that were refused", 1),
        ("trade 7, HAND/USDT long, opened 2025-01-02 00:00:00 at 100 (R = 2)", 1),
    ]


def test_a_shadow_is_told_as_one() -> None:
    """What did not happen is not told as if it had."""
    record = record_of(1, facts={**FACTS, "shadow": "engines"}, old_stop=98.0, new_stop=99.0).to_dict()
    assert event_of(record).happened == "in shadow: the stop was tightened"

"""What was told about a trade survives as plain data, and damage to it costs nothing but a message."""

from typing import Any

import pytest

from robustop_plugin.core.told import NOTHING_TOLD, Told, told_from_dict, told_to_dict


def test_it_survives_as_plain_data() -> None:
    """Events and the doubt about the last messages are read back."""
    told = Told(("initial 98", "breakeven"), unsure=True)
    assert told_to_dict(told) == {"events": ["initial 98", "breakeven"], "unsure": True}
    assert told_from_dict(told_to_dict(told)) == told


@pytest.mark.parametrize("data", [None, [], "x", {}, {"events": 3}, {"unsure": True}])
def test_damage_is_nothing_told(data: Any) -> None:
    """A state is never dropped because of its messages."""
    assert told_from_dict(data) == NOTHING_TOLD


def test_an_event_that_is_not_sent_leaves_no_doubt() -> None:
    """A message that nobody wants cannot be lost; one that was sent before may still be."""
    quiet = NOTHING_TOLD.with_event("breakeven", is_sent=False)
    assert quiet == Told(("breakeven",), unsure=False)
    assert quiet.with_event(None, is_sent=True) == Told(("breakeven",), unsure=True)
    assert Told((), unsure=True).with_event("guard", is_sent=False).unsure

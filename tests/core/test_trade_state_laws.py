"""Laws of the state as data: other schemas and incomplete data, for any state."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core import trade_state
from robustop_plugin.core.decision import Progress
from robustop_plugin.core.errors import RobustopError, UnknownSchema
from robustop_plugin.core.trade_state import TradeState
from tests.core.test_trade_state import states
from tests.support.markets import budget

KNOWN = 5
LATER = {"position": ("atr_mean", "regime", "risk_entry"), "memory": ("progress", "virtual", "kept")}
JUNK = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
NO_NUMBERS = st.sampled_from((math.nan, math.inf, -math.inf, "1", [1.0], True))


def written(state: TradeState) -> dict[str, Any]:
    """Return a state as read from JSON."""
    data: dict[str, Any] = json.loads(json.dumps(trade_state.to_dict(state)))
    return data


@given(
    state=states(), schema=st.integers(KNOWN + 1, 10**9), over=st.dictionaries(st.text(max_size=9), JUNK, max_size=3)
)
@budget(0.5)
def test_a_newer_schema_is_refused_whatever_it_holds(state: TradeState, schema: int, over: dict[str, Any]) -> None:
    """L42: state of a newer schema is rejected by its number and never read, whatever else it holds."""
    with pytest.raises(RobustopError) as refused:
        trade_state.from_dict({**written(state), **over, "schema": schema})
    assert type(refused.value) is UnknownSchema
    assert f"was {schema}: this robustop knows schemas up to {KNOWN}" in str(refused.value)


@given(states())
@budget(0.5)
def test_the_first_schema_goes_on(state: TradeState) -> None:
    """L43: state of the first schema is read unchanged; what it lacks had not happened yet."""
    data = {**written(state), "schema": 1}
    for part, names in LATER.items():
        data[part] = {key: value for key, value in data[part].items() if key not in names}
    again = trade_state.from_dict(data)
    assert again.memory == state.memory._replace(progress=Progress(0, portion=False), virtual=None, kept={})
    assert (again.opened_ms, again.sequence) == (state.opened_ms, state.sequence)
    assert (again.pair, again.entries) == (None, trade_state.Entries())
    for name in ("side", "entry", "initial_stop", "tick_size", "opened_at"):
        assert getattr(again.position, name) == getattr(state.position, name)
    assert (again.position.atr_mean, again.position.regime, again.position.risk_entry) == (None, None, None)


@given(state=states(), data=st.data(), name=st.text(max_size=9), no_number=NO_NUMBERS)
@budget(0.5)
def test_what_is_not_whole_is_refused(state: TradeState, data: st.DataObject, name: str, no_number: Any) -> None:
    """L44: a missing key, an extra key, or a non-number in place of a number makes a state unreadable."""
    whole = written(state)
    part = data.draw(st.sampled_from(("position", "memory")))
    keys = sorted(whole[part])
    key = data.draw(st.sampled_from(keys))
    numbers = sorted(key for key, value in whole[part].items() if type(value) is float)
    spoilt = (
        {kept: whole[part][kept] for kept in keys if kept != key},
        whole[part] | {f"{name}?": None},
        whole[part] | {data.draw(st.sampled_from(numbers)): no_number},
        whole[part] | {data.draw(st.sampled_from(numbers)): True},
    )
    for broken in spoilt:
        with pytest.raises(RobustopError):
            trade_state.from_dict({**whole, part: broken})
    assert trade_state.from_dict(whole) == state

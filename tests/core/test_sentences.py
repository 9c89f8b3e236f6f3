"""What is refused says which parameter, which value and which bound."""

import math
import pickle
from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidFact, InvalidPosition, InvalidTick, RobustopError, UnknownSchema
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.sizing import Costs, stake_at_risk
from robustop_plugin.core.trade_state import SCHEMA, from_dict
from tests.core.test_trade_state import with_value

REQUESTS = "one of EMERGENCY, MANUAL, MAX_DRAWDOWN, COUNCIL_SELL, or None"
GOOD = {"side": 1, "entry": 100.0, "initial_stop": 95.0, "tick_size": 0.01, "opened_at": 0.0}


def test_an_error_survives_a_process_boundary() -> None:
    """The parts and the sentence are the same after an error came back from a worker of hyperopt."""
    error = InvalidTick("price", 0.0, "finite and > 0")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (written one call earlier)
    assert type(again) is InvalidTick
    assert error.args == again.args == ("price", 0.0, "finite and > 0")
    assert (again.parameter, again.value, again.bound) == error.args
    assert str(again) == "price was 0.0: it must be finite and > 0"


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"side": 0}, "side was 0: it must be 1 (long) or -1 (short)"),
        ({"entry": math.nan}, "entry was nan: it must be finite and > 0"),
        ({"tick_size": 0.0}, "tick_size was 0.0: it must be finite and > 0"),
        ({"opened_at": math.inf}, "opened_at was inf: it must be finite"),
        ({"atr_mean": math.nan}, "atr_mean was nan: it must be finite and > 0, or None"),
        (
            {"entry": 1e8, "tick_size": 1e-08},
            "tick_size was 1e-08: it must be > entry / 2**53, with the entry at 100000000.0",
        ),
        (
            {"initial_stop": 101.0},
            "initial_stop was 101.0: it must be below the entry 100.0 after rounding to the tick size 0.01",
        ),
        (
            {"side": -1, "initial_stop": 99.0},
            "initial_stop was 99.0: it must be above the entry 100.0 after rounding to the tick size 0.01",
        ),
    ],
)
def test_a_position_says_what_is_wrong(parts: dict[str, Any], sentence: str) -> None:
    """A position that cannot be is refused in one sentence."""
    with pytest.raises(InvalidPosition) as caught:
        Position(**{**GOOD, **parts})
    assert str(caught.value) == sentence


def test_a_large_entry_on_a_large_grid_is_no_fine_grid() -> None:
    """How fine a grid is, is counted in ticks and not in price."""
    assert Position(1, 1e10, 9e9, 1e6, 0.0).initial_stop == 9e9


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"time": math.nan}, "time was nan: it must be finite"),
        ({"price": -1.0}, "price was -1.0: it must be finite and > 0"),
        ({"extreme": math.inf}, "extreme was inf: it must be finite and > 0, or None"),
        ({"breakeven": 0.0}, "breakeven was 0.0: it must be finite and > 0, or None"),
        ({"requested_exit": ExitReason.TAKE_PROFIT}, f"requested_exit was 'TAKE_PROFIT': it must be {REQUESTS}"),
        ({"requested_exit": True}, f"requested_exit was 'True': it must be {REQUESTS}"),
    ],
)
def test_a_tick_says_what_is_wrong(parts: dict[str, Any], sentence: str) -> None:
    """A tick that is none is refused in one sentence."""
    with pytest.raises(InvalidTick) as caught:
        Tick(**{"time": 0.0, "price": 1.0, **parts})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("opened_ms", -1, "value was -1: it must be a whole number >= 0"),
        ("memory.candle", "now", "value was 'now': it must be a finite number"),
        ("memory.stop", 0.0, "value was 0.0: it must be a price, > 0"),
        ("memory.level", [1.0, 5, "trail"], "engine was 5: it must be a name"),
        ("memory.progress", [1, 1], "portion was 1: it must be true or false"),
        ("memory.kept", {"atr_guard": "ab"}, "kept was 'ab': it must be a list"),
    ],
)
def test_a_corrupt_state_says_what_is_wrong(path: str, value: Any, sentence: str) -> None:
    """The cause of a state that was not readable names what was found, and the whole state is shown."""
    data = with_value(path, value)
    with pytest.raises(RobustopError) as caught:
        from_dict(data)
    cause = caught.value.__cause__
    assert str(cause) == sentence
    assert str(caught.value) == f"state was not readable ({cause!r}): {data!r}"


def test_an_unknown_key_of_the_memory_is_named() -> None:
    """A memory with a key too many shows the keys it has, and those it should have."""
    with pytest.raises(RobustopError) as caught:
        from_dict(with_value("memory.another", 1))
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidFact)
    assert (cause.parameter, cause.value) == ("keys of memory", sorted([*Memory._fields, "another"]))
    assert cause.bound.startswith("just ")
    assert sorted(cause.bound.removeprefix("just ").split(", ")) == sorted(Memory._fields)


def test_a_newer_schema_says_what_to_do() -> None:
    """State of a newer robustop is refused with the way out."""
    with pytest.raises(UnknownSchema) as caught:
        from_dict({"schema": 99})
    assert str(caught.value) == (
        f"state schema was 99: this robustop knows schemas up to {SCHEMA}; upgrade robustop, the stop in force stays"
    )


def test_an_unknown_key_of_the_position_is_named() -> None:
    """A position with a key too many shows the keys it has, and all that it should have, in order."""
    with pytest.raises(RobustopError) as caught:
        from_dict(with_value("position.another", 1))
    known = "atr_mean, entry, initial_stop, opened_at, regime, risk_entry, side, tick_size"
    shown = ["another", *known.split(", ")]
    assert str(caught.value.__cause__) == f"keys of position was {shown!r}: it must be just {known}"


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("percent", 0.0, "percent was 0.0: it must be > 0 and <= 100"),
        ("percent", 101.0, "percent was 101.0: it must be > 0 and <= 100"),
        ("leverage", 0.5, "leverage was 0.5: it must be finite and >= 1"),
        ("leverage", math.inf, "leverage was inf: it must be finite and >= 1"),
        ("entry", 0.0, "entry was 0.0: it must be finite and > 0"),
        ("stop", math.nan, "stop was nan: it must be finite and > 0"),
        ("stop", 100.0, "stop was 100.0: it must be on the losing side of the entry 100.0"),
        ("costs", Costs(-1.0, 0.0, 0.0), "fee_open was -1.0: it must be finite and >= 0"),
        ("costs", Costs(0.0, 0.0, math.inf), "slippage_percent was inf: it must be finite and >= 0"),
    ],
)
def test_a_size_says_what_is_wrong(part: str, value: Any, sentence: str) -> None:
    """A number that no entry can have is refused in one sentence."""
    entry = {"percent": 1.0, "leverage": 1.0, "side": 1, "entry": 100.0, "stop": 98.0, "costs": Costs(0.0, 0.0, 0.0)}
    with pytest.raises(InvalidFact) as caught:
        stake_at_risk(10_000.0, **{**entry, part: value})
    assert str(caught.value) == sentence

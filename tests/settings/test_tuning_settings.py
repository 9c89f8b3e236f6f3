"""The tunable parameters of a robustop block, and the block for chosen values."""

from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import load_settings, tuned, tuned_settings
from robustop_plugin.settings.tuning import tunable_parameters, untunable

SWING = {"kind": "swing"}


def loaded(*engines: dict[str, Any], **block: Any) -> Any:
    """Return a block with these engines."""
    return load_settings({"partials": [], "engines": list(engines) or [{"name": "hand_span"}], **block}).default


def ranges(block: Any) -> dict[str, tuple[float, float, float]]:
    """Return the range of each tunable parameter, and its value in the settings."""
    return {parameter.name: (parameter.low, parameter.value, parameter.high) for parameter in tunable_parameters(block)}


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ({"name": "hand_span"}, {}),
        ({"name": "hand_span", "adaptive": {}}, {"hand_span_adaptive_min_scale": (0.1, 0.5, 1.0)}),
        (
            {"name": "hand_span", "tighten": {"after_hours": 1, "lag": 0.5}},
            {"hand_span_tighten_lag": (0.0, 0.5, 1.0)},
        ),
        (
            {"name": "smart_trail"},
            {"smart_trail_activation_percent": (0.333, 1.0, 3.0), "smart_trail_distance_percent": (0.167, 0.5, 1.5)},
        ),
        (
            {"name": "smart_trail", "activation_percent": 0, "distance_percent": 0.02},
            {"smart_trail_distance_percent": (0.00667, 0.02, 0.06)},
        ),
        (
            {"name": "atr_guard", "trail_atr": 3},
            {"atr_guard_breakeven_atr": (0.667, 2.0, 6.0), "atr_guard_trail_atr": (1.0, 3.0, 9.0)},
        ),
        ({"name": "bracket", "max_ratio": 4}, {"bracket_base_ratio": (1.0, 1.5, 4.0)}),
        ({"name": "bracket", "min_ratio": 2, "max_ratio": 2}, {}),
        (
            {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [1.5, 1.0], [3, 1.5]]},
            {"r_ladder_distance_at_1_5": (0.333, 1.0, 3.0), "r_ladder_distance_at_3": (0.5, 1.5, 4.5)},
        ),
    ],
)
def test_what_may_be_tuned_of_an_engine(engine: dict[str, Any], expected: dict[str, Any]) -> None:
    """Only options of the engine that are on are tunable; a range goes from a third to three times the value."""
    names = {f"robustop_{name}": value for name, value in expected.items()}
    assert ranges(loaded(engine, initial_stop=SWING)) == names


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ({}, {"robustop_initial_stop_multiplier": (0.667, 2.0, 6.0)}),
        ({"kind": "percent"}, {"robustop_initial_stop_percent": (0.667, 2.0, 6.0)}),
        ({"kind": "percent", "percent": 10.0}, {"robustop_initial_stop_percent": (3.33, 10.0, 15.0)}),
        ({"kind": "percent", "percent": 0.3}, {"robustop_initial_stop_percent": (0.2, 0.3, 0.9)}),
        (SWING, {}),
        ({"kind": "column", "column": "mine"}, {}),
    ],
)
def test_what_may_be_tuned_of_the_initial_stop(stop: dict[str, Any], expected: dict[str, Any]) -> None:
    """The multiple of the ATR, or the percentage within the bounds that clamp it; nothing of the other kinds."""
    assert ranges(loaded(initial_stop=stop)) == expected


def everything() -> Any:
    """Return a block in which every parameter is tunable."""
    engines = [
        {"name": "hand_span", "adaptive": {}, "tighten": {"after_hours": 1, "lag": 0.5}},
        {"name": "smart_trail"},
        {"name": "atr_guard", "breakeven_atr": 5},
        {"name": "r_ladder"},
        {"name": "bracket", "pair_ratios": {"A/USDT": 2.5}},
    ]
    return loaded(*engines, hyperopt=True, time_stop_hours=5)


def test_each_value_arrives_in_its_place_and_nowhere_else() -> None:
    """Tuned one by one, each parameter is the only value that changes."""
    block = everything()
    found = list(tunable_parameters(block))
    assert len(found) == 2 + 1 + 2 + 2 + 4 + 1
    assert len({parameter.name for parameter in found}) == len(found)
    for parameter in found:
        for value in (parameter.low, parameter.high):
            after = tuned(block, {parameter.name: value})
            assert after != block
            moved = {parameter.name: parameter.value for parameter in tunable_parameters(after)}
            assert moved == {other.name: other.value for other in found} | {parameter.name: value}
            assert tuned(after, {parameter.name: parameter.value}) == block


def test_without_a_choice_the_block_is_the_same() -> None:
    """No values, or values of engines not in the block, change nothing."""
    block = loaded({"name": "atr_guard"})
    assert tuned(block, {}) is block
    assert tuned(block, {"robustop_bracket_base_ratio": 2.0, "buy_rsi": 30}) is block


def test_a_value_out_of_bounds_is_refused_as_in_a_block() -> None:
    """A value that the settings reject is rejected with the same sentence."""
    with pytest.raises(InvalidSettings, match=r"robustop.initial_stop.multiplier was -1.0: it must be > 0"):
        tuned(loaded(), {"robustop_initial_stop_multiplier": -1})


def test_a_pair_keeps_what_it_has_of_its_own() -> None:
    """A pair follows chosen values unless it sets its own; a pair with hyperopt off keeps all its values."""
    settings = load_settings(
        {
            "partials": [],
            "hyperopt": True,
            "engines": [{"name": "atr_guard"}],
            "pairs": {
                "OWN/USDT": {"initial_stop": {"multiplier": 3}},
                "OFF/USDT": {"hyperopt": False, "time_stop_hours": 5},
                "OTHER/USDT": {"engines": [{"name": "bracket"}]},
            },
        }
    )
    values = {"robustop_initial_stop_multiplier": 1.5, "robustop_atr_guard_trail_atr": 4.0}
    after = tuned_settings(settings, values)
    of = {pair: after.for_pair(pair) for pair in ("ANY/USDT", "OWN/USDT", "OFF/USDT", "OTHER/USDT")}
    assert {pair: block.initial_stop.multiplier for pair, block in of.items()} == {
        "ANY/USDT": 1.5,
        "OWN/USDT": 3,
        "OFF/USDT": 2.0,
        "OTHER/USDT": 1.5,
    }
    trails = {pair: block.engines[0].trail_atr for pair, block in of.items() if pair != "OTHER/USDT"}
    assert trails == {"ANY/USDT": 4.0, "OWN/USDT": 4.0, "OFF/USDT": 2.0}
    assert of["OTHER/USDT"].engines == settings.for_pair("OTHER/USDT").engines


def test_one_pair_alone_cannot_be_tuned() -> None:
    """`hyperopt` for a pair without the shared key is rejected with what to do: nothing is silently ignored."""
    alone = load_settings({"partials": [], "pairs": {"A/USDT": {"hyperopt": True}}})
    (sentence,) = untunable(alone)
    assert sentence.startswith("robustop.pairs.A/USDT.hyperopt was True")
    assert list(untunable(load_settings({"partials": [], "hyperopt": True, "pairs": {"A/USDT": {}}}))) == []


def test_a_council_that_is_off_stays_off() -> None:
    """A block that names the council without columns can be tuned like one that does not."""
    (name, _), *_ = ranges(loaded()).items()
    assert tuned(loaded(council={}), {name: 3.0}).active_council is None

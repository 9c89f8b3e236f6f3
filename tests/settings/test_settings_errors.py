"""The robustop block: every bound, and one clear sentence for each error."""

import math
from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import load_settings

HAND_SPAN = {"name": "hand_span"}


def refusal(*layers: Any, name: str = "robustop") -> str:
    """Return the error sentence of a block."""
    with pytest.raises(InvalidSettings) as caught:
        load_settings({"partials": []}, *layers, name=name)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the block in which `path` has a value; `engines.key` is an option of `hand_span`."""
    *above, last = path.split(".")
    block: dict[str, Any] = {last: value}
    for key in reversed(above):
        block = {key: [{**HAND_SPAN, **block}]} if key == "engines" else {key: block}
    return block


def reached(block: Any, path: str) -> Any:
    """Return the value at a path of a loaded block."""
    for key in path.split("."):
        block = getattr(block[0] if isinstance(block, list) else block, key)
    return block


BOUNDS = [  # path, allowed values, values out of bounds, words of the bound
    ("initial_stop.multiplier", (0.001, 2, 50), (0, -1), "> 0"),
    ("initial_stop.period", (2, 200), (1, 0, -5), ">= 2"),
    ("initial_stop.lookback", (1, 500), (0,), ">= 1"),
    ("initial_stop.buffer_percent", (0, 10), (-0.1,), ">= 0"),
    ("initial_stop.buffer_percent", (), (10.1,), "<= 10"),
    ("initial_stop.percent", (0.001, 99.9), (0, -1), "> 0"),
    ("initial_stop.percent", (), (100, 150), "< 100"),
    ("initial_stop.min_percent", (0.1, 2), (0,), "> 0"),
    ("initial_stop.max_percent", (2, 99.9), (100,), "< 100"),
    ("breakeven.fee_percent", (0, 9.99), (-0.1,), ">= 0"),
    ("breakeven.slippage_percent", (0, 9.99), (10,), "< 10"),
    ("gate.min_interval_s", (0, 3600), (-1,), ">= 0"),
    ("gate.min_improvement_percent", (0, 50), (-0.1,), ">= 0"),
    ("gate.emergency_percent", (0, 50), (-0.1,), ">= 0"),
    ("engines.fee_percent", (0, 9.99), (-0.1,), ">= 0"),
    ("engines.slippage_percent", (0, 9.99), (10,), "< 10"),
    ("engines.adaptive.min_scale", (0.001, 1), (0, -1), "> 0"),
    ("engines.adaptive.min_scale", (), (1.01,), "<= 1"),
]


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, good, _, _ in BOUNDS for value in good])
def test_values_within_bounds(path: str, value: float) -> None:
    """A value at its bound or within is accepted unchanged."""
    assert reached(load_settings({"partials": []}, nested(path, value)).default, path) == value


@pytest.mark.parametrize(
    ("path", "value", "bound"), [(path, value, bound) for path, _, bad, bound in BOUNDS for value in bad]
)
def test_values_out_of_bounds(path: str, value: float, bound: str) -> None:
    """A value out of bounds is an error with key, value and bound."""
    sentence = refusal(nested(path, value))
    assert sentence.startswith(f"robustop.{path.replace('engines.', 'engines[0].')} was {value}: it must be {bound}")


@pytest.mark.parametrize(("key", "value"), [("lag", -0.1), ("lag", 1.1), ("after_hours", -1), ("lag", None)])
def test_tighten_bounds(key: str, value: float | None) -> None:
    """Lag is from 0 to 1 and the hours are not negative."""
    tighten = {"after_hours": 1, "lag": 0.5, key: value}
    assert refusal({"engines": [{**HAND_SPAN, "tighten": tighten}]}).startswith(
        f"robustop.engines[0].tighten.{key} was {value}: it must be "
    )


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        ({"fallback_percent": 0.1}, "fallback_percent was 0.1: it must be from min_percent 0.2 to max_percent 15.0"),
        ({"fallback_percent": 16}, "fallback_percent was 16.0: it must be from"),
        ({"min_percent": 3}, "fallback_percent was 2.0: it must be from min_percent 3.0"),
        ({"kind": "column"}, "column was None"),
        ({"column": ""}, "column was '': it must have at least 1 character"),
        ({"kind": "magic"}, "kind was 'magic': it must be 'atr', 'swing', 'percent' or 'column'"),
    ],
)
def test_initial_stop_that_contradicts_itself(stop: dict[str, Any], words: str) -> None:
    """Percents out of order and a kind without its column are rejected."""
    assert words in refusal({"initial_stop": stop})


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"enginse": []}, "robustop.enginse"),
        ({"gate": {"interval": 5}}, "robustop.gate.interval"),
        ({"initial_stop": {"ATR": 5}}, "robustop.initial_stop.ATR"),
        ({"breakeven": {"fee": 5}}, "robustop.breakeven.fee"),
        ({"engines": [{**HAND_SPAN, "lag": 5}]}, "robustop.engines[0].lag"),
        ({"engines": [{**HAND_SPAN, "adaptive": {"min": 5}}]}, "robustop.engines[0].adaptive.min"),
        (
            {"engines": [{**HAND_SPAN, "tighten": {"after_hours": 1, "lag": 0, "by": 5}}]},
            "robustop.engines[0].tighten.by",
        ),
        ({"pairs": {"BTC/USDT": {"gate": {"interval": 5}}}}, "robustop.pairs.BTC/USDT.gate.interval"),
    ],
)
def test_unknown_keys(block: dict[str, Any], path: str) -> None:
    """An unknown key is rejected at every depth, with the known keys."""
    assert refusal(block).startswith(f"{path} was ")
    assert "unknown key; known are " in refusal(block)


def test_pairs_inside_pairs_are_unknown() -> None:
    """A pair's block cannot contain `pairs`, and the sentence does not list it."""
    sentence = refusal({"pairs": {"BTC/USDT": {"pairs": {}}}})
    assert sentence.startswith("robustop.pairs.BTC/USDT.pairs was {}: unknown key")
    assert "pairs" not in sentence.partition("known are ")[2].split(", ")


NUMBERS = sorted({path for path, *_ in BOUNDS})


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("value", [True, False, "1", "0.5", [1], {}, math.nan, math.inf, -math.inf], ids=repr)
def test_what_is_no_number(path: str, value: Any) -> None:
    """Text, booleans, lists, blocks, NaN and infinities are rejected for any numeric key."""
    sentence = refusal(nested(path, value))
    assert sentence.startswith(f"robustop.{path.replace('engines.', 'engines[0].')} was {value!r}: it must be ")


@pytest.mark.parametrize("key", ["initial_stop.period", "initial_stop.lookback"])
def test_a_count_is_whole(key: str) -> None:
    """A fractional count of candles is rejected."""
    assert refusal(nested(key, 14.5)) == f"robustop.{key} was 14.5: it must be a whole number"


@pytest.mark.parametrize("key", ["initial_stop", "breakeven", "gate", "engines", "pairs"])
@pytest.mark.parametrize("value", [0, 1, False, True, "", "text"], ids=repr)
def test_what_is_no_block(key: str, value: Any) -> None:
    """A key for a block or a list accepts no number, boolean or text, empty or not."""
    assert refusal({key: value}).startswith(f"robustop.{key} was {value!r}: it must ")


@pytest.mark.parametrize("value", [[], ["BTC/USDT"]], ids=repr)
def test_pairs_are_no_list(value: list[str]) -> None:
    """`pairs` maps names to blocks; a list is rejected, an empty list too."""
    assert refusal({"pairs": value}).startswith(f"robustop.pairs was {value!r}: it must ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("council", {}),
        ("risk", {}),
        ("risk", {"percent_per_trade": 1, "max_portfolio_percent": 5}),
        ("metrics", {"enabled": True, "host": "::1", "port": 1}),
        ("mode", "live"),
        ("mode", "shadow"),
        ("canary", 1),
        ("canary", 0.1),
        ("shadow", {"engines": [{"name": "r_ladder"}]}),
        ("time_stop_hours", 5),
        ("breaker", {"failures": 3}),
        ("breaker", None),
        ("hyperopt", True),
        ("partials", [[2.0, 0.5]]),
        ("engines.portion", 0.5),
    ],
)
def test_what_is_accepted(key: str, value: Any) -> None:
    """A feature that is off or available is accepted."""
    assert load_settings({"partials": []}, nested(key, value)).default


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("metrics.port", 0, "robustop.metrics.port was 0: it must be >= 1"),
        ("metrics.port", 65536, "robustop.metrics.port was 65536: it must be <= 65535"),
        ("metrics.port", "9464x", "robustop.metrics.port was '9464x'"),
        ("metrics.host", "", "robustop.metrics.host was ''"),
        ("metrics.enabled", 1, "robustop.metrics.enabled was 1"),
        ("metrics.address", "::", "robustop.metrics.address was '::'"),
    ],
)
def test_metrics_that_are_refused(key: str, value: Any, words: str) -> None:
    """A wrong port, host or key of the exporter is named."""
    assert refusal(nested(key, value)).startswith(words)


def test_metrics_of_one_pair_are_refused() -> None:
    """One bot has one exporter."""
    said = refusal({"pairs": {"A/USDT": {"metrics": {"enabled": True}}}})
    assert said.startswith("robustop.pairs.A/USDT.metrics was ")
    assert said.endswith("set robustop.metrics")


@pytest.mark.parametrize(
    ("engines", "words"),
    [
        ([], "engines was []: it must have at least 1"),
        ([{"name": "magic"}], "'magic'"),
        ([{}], "name is one of hand_span"),
        (["hand_span"], "'hand_span'"),
        ([None], "None"),
        ([{"name": None}], "None"),
        ([{"name": ["hand_span"]}], "['hand_span']"),
        ([{"name": {}}], "{}"),
        ([HAND_SPAN, HAND_SPAN], "'hand_span' was named twice"),
    ],
)
def test_engines_that_are_refused(engines: list[Any], words: str) -> None:
    """No engine, an unknown engine, and a duplicate engine are rejected."""
    assert words in refusal({"engines": engines})


@pytest.mark.parametrize("layer", [[], "text", 0, False], ids=repr)
def test_a_layer_that_is_no_block(layer: Any) -> None:
    """A block of the wrong type is rejected by name."""
    assert refusal(layer, name="settings").startswith(f"settings was {layer!r}: it must be a block of settings")


def test_a_pair_that_is_no_block() -> None:
    """A pair needs a block, and the sentence names the pair."""
    assert refusal({"pairs": {"BTC/USDT": 5}}).startswith("robustop.pairs.BTC/USDT was 5: it must be a block")


HUGE = 10**400
WRITTEN_IN_PART = f"{HUGE}"[:80] + "..."


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"partials": [[HUGE, 0.5]]}, "robustop.partials[0][0]"),
        ({"partials": [[1, HUGE]]}, "robustop.partials[0][1]"),
        ({"engines": [{"name": "r_ladder", "rungs": [[1, HUGE]]}]}, "robustop.engines[0].rungs[0][1]"),
        ({"engines": HUGE}, "robustop.engines"),
        ({"initial_stop": {"period": HUGE}}, "robustop.initial_stop.period"),
        ({"pairs": {"BTC/USDT": {"canary": HUGE}}}, "robustop.pairs.BTC/USDT.canary"),
        ({HUGE: 1}, "robustop"),
    ],
)
def test_a_number_that_no_float_holds(block: dict[Any, Any], path: str) -> None:
    """It is rejected with its path and a shortened value."""
    assert refusal(block) == f"{path} was {WRITTEN_IN_PART}: it must be a number that a float can hold"


def test_a_block_that_is_such_a_number() -> None:
    """A number too long for Python to print is also one line."""
    assert refusal(10**5000).startswith(
        "robustop was a whole number of too many digits: it must be a block of settings"
    )


def test_the_largest_number_of_a_float_is_a_number() -> None:
    """Two to the 1023rd fits in a float."""
    assert load_settings({"partials": [[2**1023, 0.5]]}).default.partials == [[2**1023, 0.5]]


def test_a_block_of_any_depth_is_looked_at() -> None:
    """Two thousand nested lists give one line as well."""
    deep: Any = [HUGE]
    for _ in range(2000):
        deep = [deep]
    assert refusal({"partials": deep}).startswith("robustop.partials[0][0]")


def test_two_lists_with_another_momentum() -> None:
    """Both lists read one column of the candles, so their momentum spans the same candles."""
    trail = {"name": "smart_trail", "momentum_percent": 1, "momentum_candles": 3}
    block = {"engines": [trail], "shadow": {"engines": [{**trail, "momentum_candles": 5}]}}
    assert refusal(block).startswith("robustop.shadow.engines was [3, 5]: it must be smart_trails with the same")


def test_a_second_list_is_checked_as_the_first() -> None:
    """An unknown engine in `shadow` is named."""
    assert "'magic'" in refusal({"shadow": {"engines": [{"name": "magic"}]}})
    assert refusal({"shadow": {"engines": []}}) == "robustop.shadow.engines was []: it must have at least 1 entry"

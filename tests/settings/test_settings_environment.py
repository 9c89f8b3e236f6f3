"""Settings from environment variables: what Freqtrade leaves as text is read, and only where no text is expected."""

from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import RobustopBlock, load_settings

LIMITED = {"time_stop_hours": 5.0, "risk": {"percent_per_trade": 1.0}, "council": {"greed_above": 70.0}}
RUNGS = [[1.0, 0.5], [2.0, "rest"]]


def loaded(*layers: Any) -> RobustopBlock:
    """Return the settings of pairs without their own."""
    return load_settings(*layers).default


@pytest.mark.parametrize("nothing", ["null", "None", " null "])
def test_null_switches_off_what_an_earlier_layer_sets(nothing: str) -> None:
    """A number, a block and a number inside a block become unset."""
    over = {"time_stop_hours": nothing, "council": nothing, "risk": {"percent_per_trade": nothing}}
    block = loaded({**LIMITED, "council": None}, over)
    assert (block.time_stop_hours, block.council, block.risk_percent) == (None, None, None)


@pytest.mark.parametrize(
    ("over", "found"),
    [
        ({"partials": '[[1.0, 0.5], [2.0, "rest"]]'}, {"partials": RUNGS}),
        ({"initial_stop": '{"kind": "percent", "percent": 3.0}'}, {"initial_stop": ("percent", 3.0, 20)}),
        ('{"initial_stop": {"kind": "percent", "percent": 3.0}}', {"initial_stop": ("percent", 3.0, 20)}),
        ({"engines": '[{"name": "r_ladder"}]'}, {"engines": ["r_ladder"]}),
        ({"partials": True}, {"partials": [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]}),
    ],
)
def test_objects_and_lists_are_parsed(over: Any, found: dict[str, Any]) -> None:
    """A JSON object is merged like any other block, also if it is the whole block; a list replaces."""
    block = loaded({"initial_stop": {"period": 20}}, over)
    stop = block.initial_stop
    values = {
        "partials": block.partials,
        "initial_stop": (stop.kind, stop.percent, stop.period),
        "engines": [engine.name for engine in block.engines],
    }
    assert {key: values[key] for key in found} == found


def test_a_text_stays_where_a_text_is_expected() -> None:
    """A column may be called what JSON would parse."""
    block = loaded({"initial_stop": {"kind": "column", "column": "[low]"}, "council": "null"})
    assert (block.initial_stop.column, block.council) == ("[low]", None)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"partials": "[[1.0, 0.5]"}, "robustop.partials was '[[1.0, 0.5]': it is not valid JSON: "),
        ({"initial_stop": "{'kind': 'atr'}"}, "robustop.initial_stop was \"{'kind': 'atr'}\": it is not valid JSON: "),
        ("{robustop", "robustop was '{robustop': it is not valid JSON: "),
        ({"pairs": {"A/B": "{"}}, "robustop.pairs.A/B was '{': it is not valid JSON: "),
        ({"partials": "half"}, "robustop.partials was 'half': it must be a list"),
        ({"initial_stop": '{"percnt": 3}'}, "robustop.initial_stop.percnt was 3: unknown key; known are "),
        ({"gate": {"min_interval_s": "null"}}, "robustop.gate.min_interval_s was None: it must be a number"),
        ({"hyperopt": "yes"}, "robustop.hyperopt was 'yes': it must be true or false"),
        ({"time_stop_hours": "5 hours"}, "robustop.time_stop_hours was '5 hours': it must be a number"),
    ],
)
def test_a_text_that_means_nothing_is_one_clear_line(block: Any, words: str) -> None:
    """The line names the key, the text, and what is wrong with it."""
    with pytest.raises(InvalidSettings) as refused:
        load_settings(block)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


def test_a_pair_in_lower_case_is_the_pair_of_that_name() -> None:
    """Freqtrade lower-cases the names of variables: `BTC/USDT` is found under `btc/usdt`."""
    settings = load_settings({"time_stop_hours": 1.0, "pairs": {"btc/usdt:usdt": {"time_stop_hours": 2.0}}})
    assert settings.for_pair("BTC/USDT:USDT").time_stop_hours == 2.0
    assert settings.for_pair("BTC/USDT").time_stop_hours == 1.0
    assert settings.for_pair(None).time_stop_hours == 1.0


def test_a_pair_in_lower_case_is_merged_into_the_pair_in_full() -> None:
    """The environment wins over the class and the configuration, key by key; other pairs keep their settings."""
    own = {"BTC/USDT": {"time_stop_hours": 2.0, "gate": {"min_interval_s": 5.0, "emergency_percent": 3.0}}}
    environment = {"btc/usdt": {"gate": '{"min_interval_s": 7}'}, "kPEPE/USDC": {"time_stop_hours": 9.0}}
    for layers in (({"pairs": own}, {"pairs": environment}), ({"pairs": {**environment, **own}},)):
        settings = load_settings(*layers)
        bitcoin = settings.for_pair("BTC/USDT")
        assert list(settings.by_pair).count("btc/usdt") == 0
        assert bitcoin.time_stop_hours == 2.0
        assert (bitcoin.gate.min_interval_s, bitcoin.gate.emergency_percent) == (7, 3.0)
        assert settings.for_pair("kPEPE/USDC").time_stop_hours == 9.0
        assert settings.for_pair("KPEPE/USDC").time_stop_hours is None


def test_all_pairs_can_be_one_object() -> None:
    """`FREQTRADE__ROBUSTOP__PAIRS` as one JSON object keeps the names of the pairs."""
    settings = load_settings({"pairs": '{"BTC/USDT": {"time_stop_hours": null, "partials": true}}'}, {})
    assert settings.for_pair("BTC/USDT").partials == [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]

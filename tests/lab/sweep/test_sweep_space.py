"""The swept parameters: names, ranges, and the blocks made from their values."""

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import with_block
from robustop_plugin.lab.sweep.space import Space, evenly_spaced, parse_dimensions, short_values
from robustop_plugin.settings import load_settings
from robustop_plugin.settings.tuning import TunableParameter, tunable_parameters
from tests.support.score_landscapes import SETTINGS, STOP, TRAIL, space

AVAILABLE = list(tunable_parameters(SETTINGS.default))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("initial_stop_multiplier=2:3:0.25", (2.0, 2.25, 2.5, 2.75, 3.0)),
        ("initial_stop_multiplier=0.1:0.7:0.2", (0.1, 0.3, 0.5, 0.7)),
        ("initial_stop_multiplier=1:2:0.4", (1.0, 1.4, 1.8)),
        ("robustop_initial_stop_multiplier= 3, 1,2 ,1", (1.0, 2.0, 3.0)),
        ("initial_stop_multiplier=5:5:1", (5.0,)),
    ],
)
def test_values_are_those_a_person_would_write(text: str, values: tuple[float, ...]) -> None:
    """A range includes its end, without rounding errors; a list is sorted."""
    (dimension,) = parse_dimensions([text], AVAILABLE)
    assert (dimension.name, dimension.values) == (STOP, values)


def test_a_name_alone_is_the_range_of_hyperopt_and_nothing_is_everything() -> None:
    """A name alone takes the range of hyperopt; without names everything tunable is swept."""
    (dimension,) = parse_dimensions(["smart_trail_distance_percent"], AVAILABLE)
    by_name = {parameter.name: parameter for parameter in AVAILABLE}
    assert (dimension.values[0], dimension.values[-1]) == (by_name[TRAIL].low, by_name[TRAIL].high)
    assert [dimension.name for dimension in parse_dimensions([], AVAILABLE)] == list(by_name)
    assert evenly_spaced(TunableParameter("k", (), 1.0, 1.0, 4.0, 2)) == (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["trail_atr=1"], "there are initial_stop_multiplier, smart_trail_activation_percent"),
        (["initial_stop_multiplier=1", "robustop_initial_stop_multiplier=2"], "was given twice"),
        (["initial_stop_multiplier=1:2"], "a range is from:to:step"),
        (["initial_stop_multiplier=3:2:1"], "from must not be above to"),
        (["initial_stop_multiplier=1:2:0"], "the step above 0"),
        (["initial_stop_multiplier=1:9:0.001"], "8001 values: give a larger step"),
        (["initial_stop_multiplier=1,two"], "'two' is not a number"),
        (["initial_stop_multiplier=1,inf"], "'inf' is not a number"),
    ],
)
def test_a_slip_is_one_line_that_says_what_to_do(texts: list[str], message: str) -> None:
    """Unknown names and invalid ranges are rejected with one line."""
    with pytest.raises(InvalidSettings, match=message):
        parse_dimensions(texts, AVAILABLE)


def test_a_value_out_of_its_bounds_is_refused_before_anything_runs() -> None:
    """Both ends of a range must be valid settings."""
    with pytest.raises(InvalidSettings, match=r"robustop.initial_stop.multiplier was -1.0: it must be > 0"):
        space("initial_stop_multiplier=-1,2")


def test_values_stand_in_their_places() -> None:
    """A block has the swept values, and all others are those in force."""
    swept = Space(SETTINGS, parse_dimensions(["initial_stop_multiplier=2,4"], AVAILABLE), {TRAIL: 1.25})
    block = swept.block({STOP: 4.0})
    assert block.initial_stop.multiplier == 4.0
    assert block.engines[0].model_dump()["distance_percent"] == 1.25
    assert swept.baseline() == {STOP: SETTINGS.default.initial_stop.multiplier}
    assert swept.size == 2


def test_what_is_written_is_not_rounded_to_the_decimals_of_a_parameter() -> None:
    """A value equal to the rounded setting means the exact setting."""
    written = load_settings(
        {"engines": [{"name": "smart_trail"}], "partials": [], "initial_stop": {"multiplier": 7.12345}}
    )
    (parameter,) = [parameter for parameter in tunable_parameters(written.default) if parameter.name == STOP]
    near = round(7.12345, parameter.decimals)
    swept = Space(written, parse_dimensions([f"{STOP}={near}"], [parameter]), {})
    assert near != 7.12345
    assert swept.block({STOP: near}).initial_stop.multiplier == 7.12345


def test_pairs_keep_values_of_their_own() -> None:
    """A pair's own number stays, and a shared number follows."""
    block = {"engines": [{"name": "smart_trail"}], "partials": [], "hyperopt": True}
    settings = load_settings({**block, "pairs": {"A/USDT": {"initial_stop": {"multiplier": 9.0}}}})
    swept = Space(
        settings, parse_dimensions(["initial_stop_multiplier=4", "smart_trail_distance_percent=3"], AVAILABLE), {}
    )
    own = with_block(settings, swept.block({STOP: 4.0, TRAIL: 3.0})).for_pair("A/USDT")
    assert own.initial_stop.multiplier == 9.0
    assert own.engines[0].model_dump()["distance_percent"] == 3.0


def test_people_read_short_names() -> None:
    """Values are shown without the prefix and without trailing zeros."""
    assert list(short_values({STOP: 2.50, TRAIL: 3.0})) == [
        "initial_stop_multiplier=2.5",
        "smart_trail_distance_percent=3",
    ]

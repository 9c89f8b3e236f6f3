"""Scenario files: all of the package's are valid, and a mistake in one's own is named with file, key, value, bound."""

from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.catalogue import find_scenario, read_scenario, scenario_names
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.steps import Enter, Kill, Price

STEP = '[[steps]]\ndo = "enter"\n'


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_of_the_package_is_valid(name: str) -> None:
    """It has its file's name, a sentence, and an entry."""
    scenario = find_scenario(name)
    assert scenario.name == name
    assert scenario.sentence.endswith(".")
    assert scenario.signal or any(isinstance(step, Enter) for step in scenario.steps)


def test_there_are_enough_scenarios() -> None:
    """The package has at least thirty scenarios."""
    assert len(scenario_names()) >= 30


def written(folder: Path, text: str) -> Path:
    """Write a scenario file."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_becomes_a_scenario(tmp_path: Path) -> None:
    """Steps keep their order, and keys that are not given have their defaults."""
    path = written(
        tmp_path, f'sentence = "What happens."\n{STEP}[[steps]]\ndo = "price"\nr = [1.0]\n[[steps]]\ndo = "kill"\n'
    )
    scenario = find_scenario(str(path))
    assert (scenario.name, scenario.sentence, scenario.pairs) == ("mine", "What happens.", 1)
    assert scenario.kinds == ["spot long", "futures long", "futures short"]
    assert [type(step) for step in scenario.steps] == [Enter, Price, Kill]
    assert scenario.expect.ends == "closed"


def test_a_step_may_be_for_each_pair(tmp_path: Path) -> None:
    """Pair 0 stands for every pair, one after the other."""
    path = written(tmp_path, f'sentence = "x."\npairs = 3\n{STEP}pair = 0\n[[steps]]\ndo = "kill"\n')
    steps = read_scenario(path).steps
    assert [getattr(step, "pair", None) for step in steps] == [1, 2, 3, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sentence = ", "is not TOML: "),
        ('sentence = "x."', "steps was None: it must be a list of steps, written as [[steps]]"),
        (f'sentence = ""\n{STEP}', "sentence was '': it must have at least 1 character"),
        (STEP, "sentence was missing: it is required"),
        (f'sentence = "x."\nspeed = 1\n{STEP}', "speed was 1: unknown key; known are config, expect, "),
        (f'sentence = "x."\nkinds = ["margin"]\n{STEP}', "kinds[0] was 'margin': it must be 'spot long', "),
        (f'sentence = "x."\npairs = 101\n{STEP}', "pairs was 101: it must be <= 100"),
        ('sentence = "x."\n[[steps]]\ndo = "prize"\n', "steps[0].do was 'prize': it must be one of enter, price, "),
        (f'sentence = "x."\n{STEP}pair = 2\n', "steps[0].pair was 2: it must be <= pairs (1)"),
        (f'sentence = "x."\n{STEP}within = 0\n', "steps[0].within was 0: it must be > 0"),
        (f'sentence = "x."\n{STEP}order = "stop"\n', "steps[0].order was 'stop': it must be 'market' or 'limit'"),
        (
            f'sentence = "x."\n{STEP}[[steps]]\ndo = "price"\npercent = [1]\nloops = 101\n',
            "steps[1].loops was 101: it must be <= 100",
        ),
        (f'sentence = "x."\n{STEP}[[steps]]\ndo = "price"\n', "exactly one of percent, r and beyond_stop_percent"),
        (
            f'sentence = "x."\n{STEP}[[steps]]\ndo = "price"\nr = [1]\npercent = [1]\n',
            "exactly one of percent, r and beyond_stop_percent",
        ),
        (f'sentence = "x."\n{STEP}[expect]\nexposed_loops = -1\n', "expect.exposed_loops was -1: it must be >= 0"),
        (f'sentence = "x."\n{STEP}[incurable]\nreason = "r"\nexcuses = []\n', "incurable.excuses was []: it must have"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """The error names the file, the key, its value and its bound."""
    path = written(tmp_path, text)
    with pytest.raises(InvalidSettings) as refused:
        read_scenario(path)
    assert str(refused.value).startswith(f"{path}")
    assert sentence in str(refused.value)


def test_an_unknown_scenario_is_refused_with_the_names() -> None:
    """A name that is unknown is refused, and the known ones are listed."""
    with pytest.raises(InvalidSettings, match=r"scenario was 'flash': .*flash_crash"):
        find_scenario("flash")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A path that does not exist is refused."""
    with pytest.raises(InvalidSettings, match="cannot be read: No such file"):
        find_scenario(str(tmp_path / "none.toml"))


def test_a_limit_may_be_of_one_market_and_place(tmp_path: Path) -> None:
    """An exit that rests blocks the coins on spot, where the stop is on the exchange; elsewhere nothing is excused."""
    limit = '[incurable]\nreason = "r"\nexcuses = ["unprotected"]\nkinds = ["spot long"]\nstops = ["exchange"]\n'
    scenario = read_scenario(written(tmp_path, f'sentence = "x."\n{STEP}{limit}'))
    assert scenario.limit_of(Variant("spot long", "exchange", "url")) == scenario.incurable
    assert scenario.limit_of(Variant("spot long", "bot", "url")) is None
    assert scenario.limit_of(Variant("futures long", "exchange", "url")) is None
    assert (
        read_scenario(written(tmp_path, f'sentence = "x."\n{STEP}')).limit_of(Variant("spot long", "bot", "url"))
        is None
    )

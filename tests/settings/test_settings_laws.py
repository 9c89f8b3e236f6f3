"""Laws of the settings: every bound, every depth, and every order of layers and keys."""

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import RobustopBlock, load
from tests.settings.test_settings_errors import nested, reached
from tests.support.blocks import ENGINES, Block, blocks
from tests.support.markets import budget

load_settings = load.load_settings


class Bound(NamedTuple):
    """The bounds of a number and their words in errors; None for no bound."""

    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = (">=", "<=")
    whole: bool = False


MORE_THAN, LESS_THAN = (">", "<="), (">=", "<")
BOUNDS = {
    "initial_stop.multiplier": Bound(0, None, MORE_THAN),
    "initial_stop.period": Bound(2, whole=True),
    "initial_stop.lookback": Bound(1, whole=True),
    "initial_stop.buffer_percent": Bound(0, 10),
    "initial_stop.percent": Bound(0, 100, (">", "<")),
    "breakeven.fee_percent": Bound(0, 10, LESS_THAN),
    "breakeven.slippage_percent": Bound(0, 10, LESS_THAN),
    "gate.min_interval_s": Bound(0),
    "gate.min_improvement_percent": Bound(0),
    "gate.emergency_percent": Bound(0),
    "market.adx_period": Bound(2, whole=True),
    "market.trending_adx": Bound(0),
    "market.percentile_candles": Bound(2, whole=True),
    "market.volatile_percentile": Bound(0, 100),
    "market.atr_mean_candles": Bound(1, whole=True),
    "time_stop_hours": Bound(0, None, MORE_THAN),
    "max_drawdown_percent": Bound(0, 100, (">", "<")),
    "risk.percent_per_trade": Bound(0, 100, MORE_THAN),
    "risk.max_portfolio_percent": Bound(0, 100, MORE_THAN),
    "canary": Bound(0, 1),
    "breaker.failures": Bound(1, whole=True),
    "breaker.cooldown_s": Bound(1),
    "engines.fee_percent": Bound(0, 10, LESS_THAN),
    "engines.adaptive.min_scale": Bound(0, 1, MORE_THAN),
    "engines.portion": Bound(0, 1, (">", "<")),
}
"""The bounds as the settings reference documents them."""


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, Bound, float]:
    """Draw a key, its bound, and a number at a bound, near it or anywhere."""
    path = draw(st.sampled_from(sorted(BOUNDS)))
    bound = BOUNDS[path]
    ends = [end for end in (bound.low, bound.high) if end is not None]
    near = st.builds(lambda end, beside: end + beside, st.sampled_from(ends), st.sampled_from((-1, 0, 0, 1)))
    anything = st.integers(-1000, 1000) if bound.whole else st.floats(-1000, 1000) | st.floats(-0.001, 0.001)
    return path, bound, draw(near | anything)


def broken(bound: Bound, value: float) -> tuple[str, float] | None:
    """Return sign and number of the bound that a value breaks; None if it is within."""
    over, under = bound.words
    if bound.low is not None and (value < bound.low or (value == bound.low and over == ">")):
        return over, bound.low
    if bound.high is not None and (value > bound.high or (value == bound.high and under == "<")):
        return under, bound.high
    return None


@given(numbers())
@budget()
def test_every_number_keeps_to_its_bound(number: tuple[str, Bound, float]) -> None:
    """L45: a number within its bound is accepted unchanged; any other gives one line with key, value and bound."""
    path, bound, value = number
    end = broken(bound, value)
    if end is None:
        assert reached(load_settings({"partials": []}, nested(path, value)).default, path) == value
        return
    with pytest.raises(InvalidSettings) as refused:
        load_settings({"partials": []}, nested(path, value))
    key = path.replace("engines.", "engines[0].")
    line, _, number_of_the_end = str(refused.value).rpartition(" ")
    assert line == f"robustop.{key} was {value!r}: it must be {end[0]}"
    assert float(number_of_the_end) == end[1]


@st.composite
def whole_blocks(draw: st.DrawFn) -> Block:
    """Draw a block with one to five engines and any other keys."""
    names = draw(st.lists(st.sampled_from(sorted(ENGINES)), min_size=1, unique=True))
    block: Block = draw(blocks([ENGINES[name] for name in names], plain=False))
    beside = {
        "council": {} if draw(st.booleans()) else {"sentiment_column": "mood", "bearish_column": "bear"},
        "gate": {"emergency_percent": draw(st.integers(0, 9))},
        "risk": {"percent_per_trade": draw(st.integers(1, 9))},
        "anchor": draw(st.sampled_from(("price", "candle"))),
        "hyperopt": draw(st.booleans()),
        "plots": draw(st.booleans()),
    }
    return block | {key: beside[key] for key in draw(st.lists(st.sampled_from(sorted(beside)), unique=True))}


@given(whole_blocks())
@budget(0.5)
def test_what_was_loaded_can_be_written_and_loaded_again(block: Block) -> None:
    """L46: a block loaded, written out with all defaults and loaded again is the same block."""
    loaded = load_settings(block).default
    again = load_settings(json.loads(json.dumps(loaded.model_dump()))).default
    assert again == loaded
    assert [engine.offer.keywords for engine in again.step_settings().engines] == [
        engine.offer.keywords for engine in loaded.step_settings().engines
    ]


LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "gate": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("min_interval_s", "emergency_percent"), st.integers(0, 9))
        ),
        "breakeven": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("fee_percent", "slippage_percent"), st.integers(0, 9))
        ),
        "engines": st.sampled_from(([{"name": "hand_span", "fee_percent": 1}], [{"name": "atr_guard"}])),
        "partials": st.sampled_from(([], [[1, 0.5]], [[2, 0.25], [3, "rest"]])),
        "time_stop_hours": st.none() | st.integers(1, 9),
    },
)
PAIRS = ("A/USDT", "B/USDT")
WITH_PAIRS = st.builds(
    lambda block, pairs: block | ({"pairs": pairs} if pairs else {}),
    LAYERS,
    st.dictionaries(st.sampled_from(PAIRS), LAYERS, max_size=2),
)


def leaves(block: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value of a block that is not itself a block, with its path."""
    for key, value in block.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def grown(values: dict[tuple[str, ...], Any]) -> Block:
    """Return the block that has these values at these paths."""
    block: Block = {}
    for path, value in values.items():
        inner = block
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value
    return block


def shuffled(block: Any, random: Random) -> Any:
    """Return a block with its keys in another order, at every depth."""
    if not isinstance(block, dict):
        return block
    keys = random.sample(sorted(block), len(block))
    return {key: shuffled(block[key], random) for key in keys}


@given(layers=st.lists(WITH_PAIRS, min_size=1, max_size=3), random=st.randoms(use_true_random=False))
@budget()
def test_the_last_layer_that_says_a_value_wins(layers: list[Block], random: Random) -> None:
    """L47: for each value the last layer wins, then the pair's own; the order of keys does not matter."""
    said = [dict(leaves(layer)) for layer in layers]
    last = {path: value for values in said for path, value in values.items()}
    shared = {path: value for path, value in last.items() if path[0] != "pairs"}
    loaded = load_settings(*(shuffled(layer, random) for layer in layers))
    assert loaded.default == RobustopBlock.model_validate(grown(shared))
    for pair in PAIRS:
        own = {path[2:]: value for path, value in last.items() if path[:2] == ("pairs", pair)}
        assert loaded.for_pair(pair) == RobustopBlock.model_validate(grown(shared | own))


def inside(value: Any, path: str = "robustop") -> Iterator[tuple[str, Block]]:
    """Yield each nested block with its path, except blocks whose keys are names."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from inside(item, f"{path}[{index}]")
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            if key != "pair_ratios":
                yield from inside(item, f"{path}.{key}")


@given(block=whole_blocks(), data=st.data(), key=st.text("abcdefgh_", min_size=1, max_size=9))
@budget(0.5)
def test_an_unknown_key_is_refused_wherever_it_stands(block: Block, data: st.DataObject, key: str) -> None:
    """L48: an unknown key is rejected at every depth, with its path and value."""
    copy = json.loads(json.dumps(block))
    path, where = data.draw(st.sampled_from(list(inside(copy))))
    where[f"{key}_x"] = 5
    with pytest.raises(InvalidSettings) as refused:
        load_settings(copy)
    assert str(refused.value).startswith(f"{path}.{key}_x was 5: unknown key; known are ")


def numbers_in(value: Any, path: str = "robustop") -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each number of a block, with its container and its key there."""
    for key, item in enumerate(value) if isinstance(value, list) else value.items():
        inner = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}"
        if isinstance(item, list | dict):
            yield from numbers_in(item, inner)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield inner, value, key


@given(
    block=whole_blocks(),
    data=st.data(),
    digits=st.integers(309, 400) | st.integers(309, 9000),
    sign=st.sampled_from((1, -1)),
)
@budget(0.5)
def test_a_number_that_no_float_holds_is_refused_wherever_it_stands(
    block: Block, data: st.DataObject, digits: int, sign: int
) -> None:
    """A whole number of more than 308 digits is one line with its path, also in rungs, partials and ratios by pair."""
    copy = json.loads(json.dumps(block | {"partials": [[1.5, 0.5], [2, "rest"]]}))
    path, holder, key = data.draw(st.sampled_from(list(numbers_in(copy))))
    holder[key] = sign * 10**digits
    for layer, place in ((copy, path), ({"pairs": {"A/USDT": copy}}, path.replace(".", ".pairs.A/USDT.", 1))):
        with pytest.raises(InvalidSettings) as refused:
            load_settings(layer)
        sentence = str(refused.value)
        assert sentence.startswith(f"{place} was ")
        assert sentence.endswith(": it must be a number that a float can hold")
        assert len(sentence) < 250
        assert "\n" not in sentence

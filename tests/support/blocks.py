"""Hypothesis generators of settings: every option of every engine, given or omitted."""

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

from tests.support.markets import one_of, written

Block = dict[str, Any]
PAIR = "ABC/USDT"


def row(numbers: str) -> st.SearchStrategy[float]:
    """Draw one number of a list, in the form a case writes it."""
    return one_of(numbers).map(written)


COSTS = {name: row("0 0.05 0.1 0.075 1 2.5 9.99 0.0001") for name in ("fee_percent", "slippage_percent")}
ADAPTIVE = st.fixed_dictionaries({}, optional={"min_scale": row("1 0.75 0.5 0.55 0.25 0.125 0.07 0.001")})
TIGHTEN = st.fixed_dictionaries(
    {"after_hours": row("0 0.001 0.1 0.25 1 1.5 24 72.3"), "lag": row("0 0.25 0.3 0.5 0.999 1")}
)
RATIOS = row("0.5 0.9 1 1.1 1.5 2 2.9 3 3.3 1.3333")
MULTIPLES = "0.1 0.25 0.3 0.5 0.7 1 1 1.1 1.5 1.5 2 2 2.5 3 3 4 7 10.1"
HAND_SPAN = {"adaptive": ADAPTIVE, "tighten": TIGHTEN}
HOURS = row("0.1 0.5 1 1.5 24 72.3")


def engine(name: str, options: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Block]:
    """Draw the settings of an engine, with each option given or omitted."""
    return st.fixed_dictionaries({"name": st.just(name)}, optional=options)


@st.composite
def ascending(draw: st.DrawFn, what: st.SearchStrategy[Any]) -> list[list[Any]]:
    """Draw one to five rungs, each at a higher multiple than the one before."""
    multiples = draw(st.lists(one_of(MULTIPLES), min_size=1, max_size=5, unique=True).map(sorted))
    return [[written(multiple), draw(what)] for multiple in multiples]


DISTANCES = st.just("breakeven") | row("0.1 0.3 0.5 1 1 1.5 2 3 12")
PLAIN = engine("hand_span", HAND_SPAN | COSTS)
"""The engine whose settings place no order: it only moves the stop."""

ENGINES: dict[str, st.SearchStrategy[Block]] = {
    "hand_span": engine("hand_span", HAND_SPAN | COSTS | {"portion": row("0.5 0.25 0.1 0.333 0.7 0.99")}),
    "smart_trail": engine(
        "smart_trail",
        COSTS
        | {
            "activation_percent": row("0 0.1 0.5 1 2 5 10 1000"),
            "activate_after_minutes": row("0.001 0.5 1 5 60 90.5"),
            "min_profit_percent": row("0 0.05 0.5 1 2"),
            "distance_percent": row("0.01 0.1 0.3 0.5 1 5 99 150"),
            "breakeven_percent": row("0 0.15 0.3 0.5 1 2"),
            "momentum_percent": row("0 0.5 1 2.5"),
            "momentum_candles": st.sampled_from((1, 3, 12)),
            "momentum_factor": row("0.1 0.5 1 2 1000"),
        },
    ),
    "atr_guard": engine(
        "atr_guard",
        COSTS
        | {
            "breakeven_atr": row("0.3 0.5 1 1.5 2 3"),
            "trail_atr": row("0.1 0.3 0.5 1 2 2.5 1000"),
            "fees": st.booleans(),
        },
    ),
    "r_ladder": engine("r_ladder", COSTS | {"rungs": ascending(DISTANCES), "fees": st.booleans()}),
    "bracket": engine(
        "bracket",
        {
            "strategy": st.sampled_from(("fixed_ratio", "volatility", "volatility", "market_condition")),
            "base_ratio": RATIOS,
            "pair_ratios": st.dictionaries(st.sampled_from((PAIR, "XYZ/USDT")), RATIOS),
            "volatility_factor": row("0.1 0.5 1 2 3"),
            "market_condition_factors": st.dictionaries(
                st.sampled_from(("trending", "ranging", "volatile")), row("0.1 0.8 1 1.3 5")
            ),
            "min_ratio": row("0.1 0.5 0.8 1"),
            "max_ratio": row("1 1.5 2.9 3 10"),
            "max_active_brackets": st.just(7),
            "timeout_seconds": st.just(60),
        },
    ),
}


@st.composite
def schedules(draw: st.DrawFn) -> list[list[Any]]:
    """Draw rungs that sell at most everything: some leave a part, some sell the rest, some add up to 1 in decimals."""
    rungs = draw(ascending(one_of("0.1 0.1 0.2 0.25 0.3 0.333 0.5 0.6 0.7 1")))
    sums = accumulate(part for _, part in rungs)
    rungs = [[at, part] for (at, part), total in zip(rungs, sums, strict=True) if total <= 1]
    before = sum(part for _, part in rungs[:-1])
    last: Callable[[], Any] = draw(st.sampled_from((lambda: "rest", lambda: 1 - before, lambda: rungs[-1][1])))
    rungs[-1][1] = last()
    return [[at, written(part) if isinstance(part, Fraction) else part] for at, part in rungs]


@st.composite
def blocks(draw: st.DrawFn, engines: list[st.SearchStrategy[Block]], *, plain: bool) -> Block:
    """Draw the settings of a case without its gate; with `plain` they only move stops."""
    block: Block = {"engines": [draw(options) for options in engines]}
    if draw(st.booleans()):
        block["breakeven"] = draw(st.fixed_dictionaries({}, optional=COSTS))
    if plain:
        return block | {"partials": []}
    partials = draw(st.booleans() | st.none() | schedules())
    if partials is not None:  # if omitted, nothing is sold in parts
        block["partials"] = partials
    if draw(st.integers(0, 4)) == 3:
        block["time_stop_hours"] = draw(HOURS)
    return block


DECOYS: Block = {
    "engines": [{"name": "hand_span", "fee_percent": 3}],
    "breakeven": {"fee_percent": 4, "slippage_percent": 5},
    "partials": [[0.5, 0.4]],
    "gate": {"min_interval_s": 1, "min_improvement_percent": 0.5, "emergency_percent": 50},
    "time_stop_hours": 0.5,
}


@st.composite
def of_its_own(draw: st.DrawFn, block: Block) -> Block:
    """Draw settings that mean `block` for the pair and something else for every other pair."""
    shared, own = dict(block), {}
    for key in draw(st.lists(st.sampled_from(sorted(block)), unique=True)):
        value, decoy = block[key], DECOYS[key]
        own[key] = value
        if isinstance(value, dict):  # a block is merged: keys missing in the pair's block come from the shared block
            kept = draw(st.lists(st.sampled_from(sorted(value)), unique=True)) if value else []
            own[key] = {name: number for name, number in value.items() if name not in kept}
            decoy = {name: value[name] if name in kept else decoy[name] for name in value}
        shared[key] = decoy
    if "time_stop_hours" not in block and draw(st.booleans()):
        shared["time_stop_hours"], own["time_stop_hours"] = DECOYS["time_stop_hours"], None
    return shared | {"pairs": {"XYZ/USDT": {"partials": [[0.1, "rest"]]}, PAIR: own}}

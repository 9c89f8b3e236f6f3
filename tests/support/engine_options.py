"""Settings for the law tests: option pools for every engine, settings added beside them, and compositions."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

Block = dict[str, Any]
Pools = dict[str, tuple[Any, ...]]

RANDOMS = st.binary(min_size=8, max_size=8).map(Random)
"""One draw from which everything else follows: faster than many draws, and no two scenarios are alike."""

COSTS: Pools = {"fee_percent": (0, 0.1, 0.3, 2.5), "slippage_percent": (0, 0.05, 1)}
PERCENT = (0, 0.5, 1, 2, 5)
FACTOR = (0.5, 1, 2, 3)
FAR_COSTS: Pools = {"fee_percent": (2.5,), "slippage_percent": (0,)}
"""Costs so high that breakeven is offered long before the price clears it."""

POOLS: dict[str, tuple[Pools, ...]] = {
    "hand_span": (
        COSTS,
        {"portion": (0.1, 0.5, 0.75)},
        {
            **COSTS,
            "adaptive": tuple({"min_scale": share} for share in (0.25, 0.5, 0.6, 1)),
            "tighten": tuple(
                {"after_hours": hours, "lag": lag} for hours in (0.1, 0.5, 1) for lag in (0, 0.25, 0.3, 1)
            ),
            "portion": (0.25, 0.5),
        },
    ),
    "smart_trail": (
        {**COSTS, "activation_percent": PERCENT, "distance_percent": (0.5, 1, 2), "breakeven_percent": PERCENT},
        {**FAR_COSTS, "activation_percent": (5,), "breakeven_percent": (0.5,)},
        {
            **COSTS,
            "activation_percent": PERCENT,
            "activate_after_minutes": (0, 1, 60),
            "min_profit_percent": PERCENT,
            "distance_percent": (0.25, 0.5, 1, 2),
            "breakeven_percent": PERCENT,
            "momentum_percent": (0, 1, 2),
            "momentum_factor": FACTOR,
        },
    ),
    "atr_guard": ({**COSTS, "breakeven_atr": FACTOR, "trail_atr": FACTOR, "fees": (False, True)},),
    "r_ladder": (
        {
            **COSTS,
            "fees": (False, True),
            "rungs": (
                [[0.5, "breakeven"], [1, 0.5]],
                [[1, 0.5], [2, 2], [3, "breakeven"]],
                [[1.5, 1.5], [2, 1], [4, 0.5]],
                [[0.5, 1], [1, "breakeven"], [2, 1.5], [3, 0.5]],
            ),
        },
        {**FAR_COSTS, "fees": (True,), "rungs": ([[0.5, "breakeven"]],)},
    ),
    "bracket": (
        {
            "strategy": ("fixed_ratio", "volatility", "market_condition"),
            "base_ratio": (0.5, 1, 1.5, 2, 3, 4),
            "volatility_factor": FACTOR,
            "market_condition_factors": ({"trending": 2}, {"volatile": 0.5}, {"ranging": 3, "trending": 0.5}),
            "min_ratio": (0.5, 1),
            "max_ratio": (2.5, 3, 4),
        },
    ),
}
"""Option pools of each engine; a set of options comes from one pool, with each option given or omitted."""

ABSOLUTE = tuple(name for name in POOLS if name != "smart_trail")
"""Engines whose distances are absolute, so that a short is the mirror image of a long."""

NEARLY_SHUT = {"emergency_percent": 1000, "min_interval_s": 600}
BESIDE: tuple[Block, ...] = (
    {"partials": True},
    {"partials": []},
    {"partials": [], "time_stop_hours": 0.25},
    {"partials": [], "gate": NEARLY_SHUT},
    {"partials": [[3, 0.5]], "gate": NEARLY_SHUT},
    {"partials": [[1, 0.1], [1.5, 0.2], [2, 0.7]]},
    {"partials": [[1, 0.3], [2, 0.3]], "time_stop_hours": 0.5},
    {"partials": [[0.5, 0.1], [2, 0.4], [3, "rest"]]},
)
"""Settings added beside engines: schedules of partial exits, a time stop, a gate."""


def engine(random: Random, name: str) -> Block:
    """Return an engine with options from its pools; the options that far costs require are always present."""
    pools = random.choice(POOLS[name])
    always = FAR_COSTS.items() <= pools.items()
    chosen = {option: random.choice(pool) for option, pool in pools.items() if always or random.random() < 0.6}
    return {"name": name, **chosen}


def drawn(names: Callable[[Random], list[str]]) -> st.SearchStrategy[Block]:
    """Draw the settings of the named engines, with something from `BESIDE`."""
    return RANDOMS.map(
        lambda random: {"engines": [engine(random, name) for name in names(random)], **random.choice(BESIDE)}
    )


def alone(name: str) -> st.SearchStrategy[Block]:
    """Draw the settings of one engine."""
    return drawn(lambda random: [name])


def composed(names: tuple[str, ...]) -> st.SearchStrategy[Block]:
    """Draw the settings of two or more engines, in any order."""
    return drawn(lambda random: random.sample(names, random.randint(2, len(names))))

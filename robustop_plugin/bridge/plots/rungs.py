"""The profits, in multiples of R, at which the settings do something: what a chart shows above the price."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from robustop_plugin.audit.stop_path import Step, StopPath
from robustop_plugin.settings import RobustopBlock
from robustop_plugin.settings.engines import Bracket, EngineBlock, HandSpan, RLadder

SPANS = 20
"""How many steps of a hand-span are rungs."""
SAME = 1e-9
"""Relative difference below which two prices count as one."""


class Rung(NamedTuple):
    """A profit at which something happens.

    Attributes:
        multiple: the profit, in multiples of R.
        text: what happens there, in a few words.
    """

    multiple: float
    text: str


def rungs_of(block: RobustopBlock, pair: str) -> tuple[Rung, ...]:
    """Return the rungs of a pair's settings, ascending, one for each multiple.

    Engines that follow the price or the ATR have none; nor has a bracket whose ratio depends on the market.
    """
    found: dict[float, list[str]] = {}
    for multiple, share in block.partials:
        found.setdefault(float(multiple), []).append(f"sell {share if share == 'rest' else f'{share:.0%}'}")
    for engine in block.engines:
        for rung in _of_engine(engine, pair):
            found.setdefault(rung.multiple, []).append(rung.text)
    return tuple(Rung(multiple, f"{multiple:g}R: {', '.join(found[multiple])}") for multiple in sorted(found))


def _of_engine(engine: EngineBlock, pair: str) -> Iterator[Rung]:
    if isinstance(engine, Bracket) and engine.strategy == "fixed_ratio":
        ratio = engine.pair_ratios.get(pair, engine.base_ratio)
        yield Rung(min(max(ratio, engine.min_ratio), engine.max_ratio), "take profit")
    elif isinstance(engine, RLadder):
        for multiple, brings in engine.rungs:
            yield Rung(float(multiple), brings if brings == "breakeven" else f"trail {brings:g}R")
    elif isinstance(engine, HandSpan) and engine.adaptive is None:
        yield Rung(1.0, "breakeven")
        if engine.portion is None:
            yield from (Rung(float(span), f"lock {span - 1}R") for span in range(2, SPANS + 1))


def rung_price(path: StopPath, step: Step, rung: Rung) -> float:
    """Return where a rung lies, in price."""
    return step.entry + path.side * rung.multiple * path.risk(step)


def is_reached(path: StopPath, step: Step, rung: Rung) -> bool:
    """Return True if the best price known at a step has reached a rung."""
    return path.side * (step.best - rung_price(path, step, rung)) >= -SAME * step.entry


def next_rung(path: StopPath, step: Step, rungs: tuple[Rung, ...]) -> Rung | None:
    """Return the nearest rung that was not reached; None without one."""
    return next((rung for rung in rungs if not is_reached(path, step, rung)), None)


def next_price(path: StopPath, step: Step, rungs: tuple[Rung, ...]) -> float:
    """Return the price of the nearest rung that was not reached; NaN without one."""
    rung = next_rung(path, step, rungs)
    return math.nan if rung is None else rung_price(path, step, rung)

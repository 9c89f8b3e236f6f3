"""From a block of settings to the numbers that a replay runs on."""

import math
from functools import cache
from typing import Any, get_type_hints

import numpy as np

from robustop_plugin.core.exact import HUNDRED, Exact, decimal, divide
from robustop_plugin.core.view import Engine
from robustop_plugin.engines.atr_guard import AtrGuardOptions
from robustop_plugin.engines.bracket import FIXED_RATIO, BracketOptions
from robustop_plugin.engines.hand_span import LAG, HandSpanOptions
from robustop_plugin.engines.r_ladder import RLadderOptions
from robustop_plugin.engines.smart_trail import SmartTrailOptions
from robustop_plugin.lab.replay.candles import record_of
from robustop_plugin.lab.replay.first import ATR, COLUMN, PERCENT, SWING, Bounds, StopRule
from robustop_plugin.lab.replay.sold import Selling
from robustop_plugin.lab.replay.step import Choice
from robustop_plugin.settings import RobustopBlock

KINDS = {"percent": PERCENT, "atr": ATR, "swing": SWING, "column": COLUMN}
RUNG = np.dtype([("multiple", "f8"), ("distance", "f8")])
PART = np.dtype([("multiple", "f8"), ("fraction", "f8")])

UNUSED: dict[str, Any] = {
    "hand_span": HandSpanOptions(0.0, 0.0, 1.0, math.inf, LAG),
    "smart_trail": SmartTrailOptions(math.inf, math.inf, 0.0, 1.0, math.inf, math.inf, 1.0, 0.0, 0.0),
    "atr_guard": AtrGuardOptions(1.0, 1.0, False, 0.0, 0.0),
    "r_ladder": RLadderOptions((), False, 0.0, 0.0),
    "bracket": BracketOptions(FIXED_RATIO, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}


def choice_of(block: RobustopBlock, pair: str | None = None) -> Choice:
    """Return the engines of a block for one pair, their options as records."""
    rules = block.rules(pair)
    # What breakeven really is changes with payments alone, and a replay knows when these are made.
    plain = block.model_copy(update={"breakeven": block.breakeven.model_copy(update={"mode": "percent"})}).rules(pair)
    engines = {engine.name: engine for engine in rules.engines}
    options = {name: options_of(engines[name]) if name in engines else unused for name, unused in UNUSED.items()}
    steady = {engine.name: engine.next_change is not None for engine in plain.engines}
    return Choice(
        hand="hand_span" in engines,
        steady_hand=steady.get("hand_span", False),
        hand_options=record_of(options["hand_span"]),
        smart="smart_trail" in engines,
        steady_smart=steady.get("smart_trail", False),
        smart_options=record_of(options["smart_trail"]),
        guard="atr_guard" in engines,
        guard_options=record_of(options["atr_guard"]),
        ladder="r_ladder" in engines,
        steady_ladder=steady.get("r_ladder", False),
        ladder_options=_with_table(options["r_ladder"]),
        bracket="bracket" in engines,
        bracket_options=record_of(options["bracket"]),
        time_stop_hours=rules.time_stop_hours,
        follows_atr=block.follows_atr,
        virtual_hand=block.portion > 0,
    )


def selling_of(block: RobustopBlock) -> Selling | None:
    """Return what a block sells in parts, the rungs as a table; None for nothing."""
    if not block.sells_parts:
        return None
    schedule: Any = np.array([tuple(rung) for rung in block.schedule], PART).view(np.recarray)
    return Selling(float(block.portion), schedule)


def options_of(engine: Engine) -> Any:
    """Return the options that are bound to an engine's functions, as numbers of one type each."""
    offer: Any = engine.offer
    return _floats(offer.keywords["options"])


def _floats(options: Any) -> Any:
    """Return options with every whole number that stands for a float as one: compiled code tells them apart."""
    kind: Any = type(options)
    kinds = _types_of(kind)
    return type(options)(
        *(float(value) if kinds[name] is float else value for name, value in zip(options._fields, options, strict=True))
    )


@cache
def _types_of(options: Any) -> dict[str, Any]:
    return get_type_hints(options)


def _with_table(options: RLadderOptions) -> Any:
    """Return a ladder with its rungs as a table: compiled code is made for one length of a tuple."""
    rungs: Any = np.array([tuple(rung) for rung in options.rungs], RUNG).view(np.recarray)
    return options._replace(rungs=rungs)


def stop_rule_of(block: RobustopBlock) -> StopRule:
    """Return the block `initial_stop` as numbers."""
    stop = block.initial_stop
    least, most, fallback = stop.bounds
    return StopRule(
        KINDS[stop.kind],
        decimal(float(stop.multiplier)),
        part_of(stop.percent),
        part_of(stop.buffer_percent),
        Bounds(part_of(least), part_of(most), part_of(fallback)),
    )


def part_of(percent: float) -> Exact:
    """Return a percentage as a part."""
    return divide(decimal(float(percent)), HUNDRED)

"""Many blocks of settings side by side, as tables with a row for each, and one of them as the engines know it."""

from typing import Any, NamedTuple

import numpy as np

from robustop_plugin.core.exact import HUNDRED, Exact, decimal, divide
from robustop_plugin.engines.r_ladder import RLadderOptions
from robustop_plugin.lab.replay.kernel.initial_stop import Bounds, StopRule
from robustop_plugin.lab.replay.kernel.partial_sales import PartialSchedule
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.step import EngineSet
from robustop_plugin.lab.replay.kernel.tables import Floats, Table

CHOICE = np.dtype(
    [
        *(("hand", "?"), ("steady_hand", "?"), ("smart", "?"), ("steady_smart", "?"), ("guard", "?")),
        *(("ladder", "?"), ("steady_ladder", "?"), ("bracket", "?"), ("follows_atr", "?"), ("virtual_hand", "?")),
        *(("time_stop_hours", "f8"), ("first_rung", "i8"), ("end_rung", "i8")),
        *(("portion", "f8"), ("first_part", "i8"), ("end_part", "i8")),
    ],
    align=True,
)
"""What `Choice` and `Selling` hold beside options and tables, and where in those tables a block's own rows are."""

DECIMALS = ("multiplier", "part", "buffer", "nearest", "farthest", "fallback")
STOP = np.dtype([("kind", "i8"), *((name, "f8") for one in DECIMALS for name in (one, f"{one}_rest"))])
"""`StopRule`, each decimal in two parts."""

RUNG = np.dtype([("multiple", "f8"), ("distance", "f8")])
PART = np.dtype([("multiple", "f8"), ("fraction", "f8")])


class SettingTables(NamedTuple):
    """Blocks of settings, row by row.

    Attributes:
        choices: of engines; a row for each block, likewise the following.
        hands: options of `hand_span`; any where it is not asked, likewise the following.
        smarts: of `smart_trail`.
        guards: of `atr_guard`.
        ladders: of `r_ladder`, without its rungs.
        brackets: of `bracket`.
        stops: initial stops.
        runs: the configuration, and what else a block says.
        ratios: the bracket's, for each pair.
        rungs: of all ladders.
        parts: what is sold in parts, of all blocks; None where none sells.
    """

    choices: Table
    hands: Table
    smarts: Table
    guards: Table
    ladders: Table
    brackets: Table
    stops: Table
    runs: Table
    ratios: Floats
    rungs: Table
    parts: Table | None


class RunSettings(NamedTuple):
    """All that a block of settings and a configuration say.

    Attributes:
        choice: the engines.
        stop: the initial stop.
        run: the configuration, and what else the block says.
        roi: the host's table of profit ratios.
        selling: what is sold in parts; None for nothing.
        tiers: what follows from the sizes of positions.
        ratios: the bracket's, for each pair.
    """

    choice: EngineSet
    stop: StopRule
    run: Table
    roi: Table
    selling: PartialSchedule | None
    tiers: Tiers
    ratios: Floats


def rules_at(asked: SettingTables, row: int, roi: Table, tiers: Tiers) -> RunSettings:
    """Return the rules of one block."""
    choice, selling = choice_at(asked, row), selling_at(asked.choices[row], asked.parts)
    return RunSettings(choice, stop_at(asked.stops[row]), asked.runs[row], roi, selling, tiers, asked.ratios[row])


def choice_at(asked: SettingTables, row: int) -> EngineSet:
    """Return the engines of one block."""
    one, ladder = asked.choices[row], asked.ladders[row]
    rungs = asked.rungs[one.first_rung : one.end_rung]
    return EngineSet(
        one.hand,
        one.steady_hand,
        asked.hands[row],
        one.smart,
        one.steady_smart,
        asked.smarts[row],
        one.guard,
        asked.guards[row],
        one.ladder,
        one.steady_ladder,
        RLadderOptions(rungs, ladder.fees, ladder.fee_percent, ladder.slippage_percent),
        one.bracket,
        asked.brackets[row],
        one.time_stop_hours,
        one.follows_atr,
        one.virtual_hand,
    )


def selling_at(one: Table, parts: Any) -> PartialSchedule | None:
    """Return what a block sells in parts."""
    # Compiled for None by itself: the type tells what is sold.
    if parts is None:
        return None
    return PartialSchedule(one.portion, parts[one.first_part : one.end_part])


def write_out(stops: Table) -> None:
    """Make exact numbers, in two parts each, of a multiplier and of percents as they are written."""
    for row in range(len(stops)):
        one = stops[row]
        one.multiplier, one.multiplier_rest = decimal(one.multiplier)
        one.part, one.part_rest = part_of(one.part)
        one.buffer, one.buffer_rest = part_of(one.buffer)
        one.nearest, one.nearest_rest = part_of(one.nearest)
        one.farthest, one.farthest_rest = part_of(one.farthest)
        one.fallback, one.fallback_rest = part_of(one.fallback)


def part_of(percent: float) -> Exact:
    """Return a percentage as a part."""
    return divide(decimal(percent), HUNDRED)


def stop_at(one: Table) -> StopRule:
    """Return the initial stop of one block."""
    bounds = Bounds(
        Exact(one.nearest, one.nearest_rest),
        Exact(one.farthest, one.farthest_rest),
        Exact(one.fallback, one.fallback_rest),
    )
    multiplier, part = Exact(one.multiplier, one.multiplier_rest), Exact(one.part, one.part_rest)
    return StopRule(one.kind, multiplier, part, Exact(one.buffer, one.buffer_rest), bounds)

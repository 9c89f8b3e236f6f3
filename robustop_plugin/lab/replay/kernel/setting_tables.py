"""Holds many blocks of settings as tables with a row for each, and reads one of them as the engines need it."""

from typing import Any, NamedTuple

import numpy as np

from robustop_plugin.core.exact import HUNDRED, Exact, decimal, divide
from robustop_plugin.engines.r_ladder import RLadderOptions
from robustop_plugin.engines.smart_trail import usual_share_kept
from robustop_plugin.lab.replay.kernel.initial_stop import Bounds, StopRule
from robustop_plugin.lab.replay.kernel.partial_sales import PartialSchedule
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.scalars import EngineSet
from robustop_plugin.lab.replay.kernel.tables import Floats, Table, Whole

ENGINE_SET = np.dtype(
    [
        *(("hand", "?"), ("steady_hand", "?"), ("smart", "?"), ("steady_smart", "?"), ("guard", "?")),
        *(("ladder", "?"), ("steady_ladder", "?"), ("bracket", "?"), ("follows_atr", "?"), ("virtual_hand", "?")),
        *(("time_stop_hours", "f8"), ("first_rung", "i8"), ("end_rung", "i8")),
        *(("portion", "f8"), ("first_part", "i8"), ("end_part", "i8")),
    ],
    align=True,
)
"""`EngineSet` without options, `PartialSchedule.portion`, and where a block's own rungs and partial sales are."""

DECIMALS = ("multiplier", "part", "buffer", "nearest", "farthest", "fallback")
"""Exact numbers of an initial stop."""
STOP = np.dtype(
    [("kind", "i8"), *((name, "f8") for decimal_name in DECIMALS for name in (decimal_name, f"{decimal_name}_rest"))]
)
"""`StopRule`, each exact number in two parts. First the parts hold numbers as they are written in the settings."""

SHARE = np.dtype([("long", "f8"), ("long_rest", "f8"), ("short", "f8"), ("short_rest", "f8")])
"""`smart_trail.usual_share_kept` for both sides, each in two parts."""

RUNG = np.dtype([("multiple", "f8"), ("distance", "f8")])
"""A rung of `r_ladder`: its multiple of the risk, and the distance of the stop in multiples of the risk."""
PART = np.dtype([("multiple", "f8"), ("fraction", "f8")])
"""A partial sale: its multiple of the risk, and the fraction that is sold."""


class SettingTables(NamedTuple):
    """Blocks of settings, row by row.

    Attributes:
        engine_sets: Rows of `ENGINE_SET`.
        hands: Options of `hand_span`; without meaning if it is not used. The same for the other engines.
        smarts: Options of `smart_trail`.
        shares: Rows of `SHARE`.
        guards: Options of `atr_guard`.
        ladders: Options of `r_ladder`, without its rungs.
        brackets: Options of `bracket`.
        stops: Rows of `STOP`.
        runs: Rows of `RUN`: the configuration, and what else a block says.
        ratios: The bracket's ratio, for each block and pair.
        rungs: Rows of `RUNG` of all ladders.
        parts: Rows of `PART` of all blocks; None if no block sells in parts.
        pair_rows: For each pair, which row of a setting holds for it: 0 is the block of all pairs without their own.
    """

    engine_sets: Table
    hands: Table
    smarts: Table
    shares: Table
    guards: Table
    ladders: Table
    brackets: Table
    stops: Table
    runs: Table
    ratios: Floats
    rungs: Table
    parts: Table | None
    pair_rows: Whole


class RunSettings(NamedTuple):
    """All that a block of settings and the configuration say.

    Attributes:
        engines: The engines.
        stop: The initial stop.
        run: The configuration, and what else the block says: a row of `RUN`.
        roi: Freqtrade's `minimal_roi`: rows of `ROI`.
        partials: What is sold in parts; None for nothing.
        tiers: Terms and margins by position size.
        ratios: The bracket's ratio, for each pair.
        tables: All blocks of settings.
        first: The first row of this setting in those tables.
    """

    engines: EngineSet
    stop: StopRule
    run: Table
    roi: Table
    partials: PartialSchedule | None
    tiers: Tiers
    ratios: Floats
    tables: SettingTables
    first: int


def settings_of_pair(settings: RunSettings, pair: int) -> RunSettings:
    """Return the settings that hold for a pair."""
    return run_settings_at(
        settings.tables, settings.first, settings.tables.pair_rows[pair], settings.roi, settings.tiers
    )


def run_settings_at(tables: SettingTables, first: int, pair_row: int, roi: Table, tiers: Tiers) -> RunSettings:
    """Return one block of settings.

    Args:
        tables: All blocks of settings.
        first: The first row of a setting.
        pair_row: Which of its rows.
        roi: Freqtrade's `minimal_roi`.
        tiers: Terms and margins by position size.
    """
    row = first + pair_row
    engines, partials = engine_set_at(tables, row), partials_at(tables.engine_sets[row], tables.parts)
    return RunSettings(
        engines=engines,
        stop=stop_at(tables.stops[row]),
        run=tables.runs[row],
        roi=roi,
        partials=partials,
        tiers=tiers,
        ratios=tables.ratios[row],
        tables=tables,
        first=first,
    )


def engine_set_at(tables: SettingTables, row: int) -> EngineSet:
    """Return the engines of one block."""
    flags, ladder, shares = tables.engine_sets[row], tables.ladders[row], tables.shares[row]
    rungs = tables.rungs[flags.first_rung : flags.end_rung]
    return EngineSet(
        hand=flags.hand,
        steady_hand=flags.steady_hand,
        hand_options=tables.hands[row],
        smart=flags.smart,
        steady_smart=flags.steady_smart,
        smart_options=tables.smarts[row],
        long_share=Exact(shares.long, shares.long_rest),
        short_share=Exact(shares.short, shares.short_rest),
        guard=flags.guard,
        guard_options=tables.guards[row],
        ladder=flags.ladder,
        steady_ladder=flags.steady_ladder,
        ladder_options=RLadderOptions(rungs, ladder.fees, ladder.fee_percent, ladder.slippage_percent),
        bracket=flags.bracket,
        bracket_options=tables.brackets[row],
        time_stop_hours=flags.time_stop_hours,
        follows_atr=flags.follows_atr,
        virtual_hand=flags.virtual_hand,
    )


def partials_at(flags: Table, parts: Any) -> PartialSchedule | None:
    """Return what a block sells in parts."""
    # Compiled separately for None: its type tells if anything is sold.
    if parts is None:
        return None
    return PartialSchedule(flags.portion, parts[flags.first_part : flags.end_part])


def fill_exact_parts(stops: Table, smarts: Table, shares: Table) -> None:
    """Compute exact numbers in two parts, once for each block.

    Args:
        stops: Rows of `STOP` with numbers as they are written, which are replaced.
        smarts: Options of `smart_trail`.
        shares: Rows of `SHARE`, to be filled.
    """
    for row in range(len(stops)):
        shares[row].long, shares[row].long_rest = usual_share_kept(1, smarts[row])
        shares[row].short, shares[row].short_rest = usual_share_kept(-1, smarts[row])
        stop = stops[row]
        stop.multiplier, stop.multiplier_rest = decimal(stop.multiplier)
        stop.part, stop.part_rest = part_of(stop.part)
        stop.buffer, stop.buffer_rest = part_of(stop.buffer)
        stop.nearest, stop.nearest_rest = part_of(stop.nearest)
        stop.farthest, stop.farthest_rest = part_of(stop.farthest)
        stop.fallback, stop.fallback_rest = part_of(stop.fallback)


def part_of(percent: float) -> Exact:
    """Return a percentage as a ratio."""
    return divide(decimal(percent), HUNDRED)


def stop_at(stop: Table) -> StopRule:
    """Return the initial stop of one block."""
    bounds = Bounds(
        Exact(stop.nearest, stop.nearest_rest),
        Exact(stop.farthest, stop.farthest_rest),
        Exact(stop.fallback, stop.fallback_rest),
    )
    multiplier, part = Exact(stop.multiplier, stop.multiplier_rest), Exact(stop.part, stop.part_rest)
    return StopRule(
        kind=stop.kind, multiplier=multiplier, part=part, buffer=Exact(stop.buffer, stop.buffer_rest), bounds=bounds
    )

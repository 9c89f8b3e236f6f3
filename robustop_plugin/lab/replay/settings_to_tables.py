"""Turns blocks of settings into the tables that a replay runs on."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, get_type_hints

import numpy as np

from robustop_plugin.core.engine import Engine
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.engines.atr_guard import AtrGuardOptions
from robustop_plugin.engines.bracket import FIXED_RATIO, BracketOptions
from robustop_plugin.engines.hand_span import LAG, HandSpanOptions
from robustop_plugin.engines.r_ladder import RLadderOptions
from robustop_plugin.engines.smart_trail import SmartTrailOptions
from robustop_plugin.lab.replay.kernel.initial_stop import ATR, COLUMN, PERCENT, SWING
from robustop_plugin.lab.replay.kernel.row_types import RUN
from robustop_plugin.lab.replay.kernel.scalars import EngineSet
from robustop_plugin.lab.replay.kernel.setting_tables import (
    ENGINE_SET,
    PART,
    RUNG,
    SHARE,
    STOP,
    SettingTables,
    engine_set_at,
)
from robustop_plugin.lab.replay.kernel.tables import Table, records
from robustop_plugin.settings import RobustopBlock

KINDS = {"percent": PERCENT, "atr": ATR, "swing": SWING, "column": COLUMN}
"""Numbers of the kinds of initial stops."""
WRITTEN_AS = {
    "multiplier": "multiplier",
    "part": "percent",
    "buffer": "buffer_percent",
    "nearest": "min_percent",
    "farthest": "max_percent",
    "fallback": "fallback_percent",
}
"""Names of the decimals of `STOP` in the block `initial_stop`."""

KINDS_OF_FIELDS = {float: "f8", int: "i8", bool: "?"}
"""Numpy types of the options of engines."""

TABLES = {
    "hand_span": "hands",
    "smart_trail": "smarts",
    "atr_guard": "guards",
    "r_ladder": "ladders",
    "bracket": "brackets",
}
"""Names of the tables that hold the options of each engine."""

UNUSED: dict[str, Any] = {
    "hand_span": HandSpanOptions(0.0, 0.0, 1.0, math.inf, LAG),
    "smart_trail": SmartTrailOptions(math.inf, math.inf, 0.0, 1.0, math.inf, math.inf, 1.0, 0.0, 0.0),
    "atr_guard": AtrGuardOptions(1.0, 1.0, False, 0.0, 0.0),
    "r_ladder": RLadderOptions((), False, 0.0, 0.0),
    "bracket": BracketOptions(FIXED_RATIO, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
"""Options of an engine that is not used: they have no effect."""


def setting_tables_of(
    blocks: Sequence[RobustopBlock], run: Table, pairs: Sequence[str], pair_rows: Sequence[int] | None = None
) -> SettingTables:
    """Return blocks of settings as tables.

    Args:
        blocks: The blocks of settings. If pairs have their own, each setting has as many as all others.
        run: The configuration, a table of one row.
        pairs: Names of the pairs, in the order of their indices.
        pair_rows: For each pair, which block of a setting holds for it; None if each setting is a single block.
    """
    step_settings = [block.step_settings() for block in blocks]
    engine_options = [engine_options_of(rules) for rules in step_settings]
    rungs = [options["r_ladder"].rungs for options in engine_options]
    schedules = [block.schedule for block in blocks]
    engine_sets = [
        (*flags_of(block, rules), *own_rungs, block.portion, *own_parts)
        for block, rules, own_rungs, own_parts in zip(
            blocks, step_settings, row_ranges(rungs), row_ranges(schedules), strict=True
        )
    ]
    tables = {table: table_of([options[name] for options in engine_options]) for name, table in TABLES.items()}
    return SettingTables(
        engine_sets=np.array(engine_sets, ENGINE_SET).view(np.recarray),
        **tables,
        shares=unknown_shares(len(blocks)),
        stops=stops_of(blocks),
        runs=runs_of(blocks, run),
        ratios=np.array([ratios_of(block, pairs) for block in blocks], np.float64).reshape(len(blocks), len(pairs)),
        rungs=rows_of(rungs, RUNG),
        parts=rows_of(schedules, PART) if any(block.sells_parts for block in blocks) else None,
        pair_rows=np.array([0] * len(pairs) if pair_rows is None else pair_rows, np.int64),
    )


def engine_set_of(block: RobustopBlock) -> EngineSet:
    """Return the engines of one block, with their options as plain numbers."""
    settings, options = setting_tables_of([block], records(1, RUN), ()), engine_options_of(block.step_settings())
    tables: dict[str, Any] = {table: [options[name]] for name, table in TABLES.items()}
    return engine_set_at(settings._replace(**tables), 0)


def engine_options_of(rules: StepSettings) -> dict[str, Any]:
    """Return the options of all engines, unused ones included."""
    bound = {engine.name: options_of(engine) for engine in rules.engines}
    return {name: bound.get(name, unused) for name, unused in UNUSED.items()}


def flags_of(block: RobustopBlock, rules: StepSettings) -> tuple[Any, ...]:
    """Return which engines are used, which of them are steady, and the other numbers of `EngineSet`."""
    steady = {engine.name: engine.next_change is not None for engine in rules.engines}
    of_engines = (
        *("hand_span" in steady, steady.get("hand_span", False)),
        *("smart_trail" in steady, steady.get("smart_trail", False)),
        "atr_guard" in steady,
        *("r_ladder" in steady, steady.get("r_ladder", False)),
        "bracket" in steady,
    )
    return *of_engines, block.follows_atr, block.portion > 0, rules.time_stop_hours


def runs_of(blocks: Sequence[RobustopBlock], run: Table) -> Table:
    """Return the configuration for each block, with what the block says beside its engines."""
    runs = np.repeat(run.view(np.ndarray), len(blocks))
    runs["exact"] = [block.breakeven.mode == "exact" for block in blocks]
    runs["slippage_percent"] = [block.breakeven.slippage_percent for block in blocks]
    runs["at_closes"] = [block.anchor == "candle" for block in blocks]
    runs["brackets"] = [
        brackets[0].max_active_brackets if (brackets := block.brackets) else math.inf for block in blocks
    ]
    runs["risk_percent"] = [block.risk_percent or math.nan for block in blocks]
    runs["portfolio_percent"] = [block.portfolio_percent or math.inf for block in blocks]
    runs["drawdown_percent"] = [block.max_drawdown_percent or math.inf for block in blocks]
    return runs.view(np.recarray)


def ratios_of(block: RobustopBlock, pairs: Sequence[str]) -> list[float]:
    """Return the bracket's ratio for each pair; 1 without a bracket."""
    return [bracket.pair_ratios.get(pair, bracket.base_ratio) for bracket in block.brackets for pair in pairs] or [
        1.0
    ] * len(pairs)


def table_of(options: Sequence[Any]) -> Table:
    """Return options of one engine as a table, without options that are tables themselves."""
    kind: Any = options[0].__class__
    types = _types_of(kind)
    kinds = {name: KINDS_OF_FIELDS[kind] for name, kind in types.items() if kind in KINDS_OF_FIELDS}
    row_type, numbers = np.dtype(list(kinds.items()), align=True), attrgetter(*kinds)
    if all(row is options[0] for row in options):
        # An engine that no block uses.
        return np.repeat(np.array([numbers(options[0])], row_type), len(options)).view(np.recarray)
    return np.array(list(map(numbers, options)), row_type).view(np.recarray)


def rows_of(tables: Sequence[Sequence[Any]], kind: np.dtype[Any]) -> Table:
    """Return all rows of several tables, one table behind the other."""
    return np.array([tuple(row) for table in tables for row in table], kind).view(np.recarray)


def row_ranges(tables: Sequence[Sequence[Any]]) -> list[tuple[int, int]]:
    """Return the indices of each table's rows, where all tables lie one behind the other."""
    return list(pairwise(accumulate(map(len, tables), initial=0)))


def options_of(engine: Engine) -> Any:
    """Return the options bound to an engine's functions, each number as the type that it is declared with."""
    offer: Any = engine.offer
    return _floats(offer.keywords["options"])


def _floats(options: Any) -> Any:
    """Return options with whole numbers converted where a float is declared: compiled code tells the types apart."""
    kind: Any = type(options)
    kinds = _types_of(kind)
    return type(options)(
        *(float(value) if kinds[name] is float else value for name, value in zip(options._fields, options, strict=True))
    )


@cache
def _types_of(options: Any) -> dict[str, Any]:
    return get_type_hints(options)


def unknown_shares(count: int) -> Table:
    """Return rows of `SHARE` for blocks, not computed yet: that is up to `fill_exact_parts`."""
    shares = records(count, SHARE)
    shares["long"], shares["short"] = math.nan, math.nan
    return shares


def stops_of(blocks: Sequence[RobustopBlock]) -> Table:
    """Return the blocks `initial_stop` as they are written. `fill_exact_parts` makes exact numbers of them."""
    stops = records(len(blocks), STOP)
    stops["kind"] = [KINDS[block.initial_stop.kind] for block in blocks]
    for decimal, name in WRITTEN_AS.items():
        stops[decimal] = [getattr(block.initial_stop, name) for block in blocks]
    return stops

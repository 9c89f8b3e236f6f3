"""Reads a case into rationals; missing keys have the documented defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.atr_guard import AtrGuard
from tests.oracle.bracket import Bracket
from tests.oracle.hand_span import HandSpan
from tests.oracle.life import HOUR, Engine, Position, Seen, exact, number, on_grid
from tests.oracle.r_ladder import Ladder
from tests.oracle.smart_trail import SmartTrail

ENGINES = {engine.name: engine for engine in (HandSpan, SmartTrail, AtrGuard, Ladder, Bracket)}
PARTIALS = ((2.0, 0.5), (3.0, 0.25), (4.0, "rest"))
COSTS = {"fee_percent": 0.1, "slippage_percent": 0.05}


class Rung(NamedTuple):
    """The multiple of a rung, and the fraction of the original amount; None for the rest."""

    at: Fraction
    part: Fraction | None


class Gate(NamedTuple):
    """When a move is sent, in seconds and percent."""

    interval: Fraction
    improvement: Fraction
    emergency: Fraction


@dataclass(frozen=True)
class Life:
    """A position and its settings; without a gate, no stop rests on an exchange."""

    position: Position
    engines: tuple[Engine, ...]
    rungs: tuple[Rung, ...]
    gate: Gate | None
    time_stop: Fraction | None


def merged(base: Any, over: Any) -> Any:
    """Return `over` on top of `base`: blocks key by key, anything else as a whole."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def settings_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block that is in force for the pair of a case."""
    block = case.get("settings", {})
    return merged(block, block.get("pairs", {}).get(case.get("pair"), {}))


def engine_of(block: Mapping[str, Any], shared: Mapping[str, Any]) -> Engine:
    """Read the block of one engine; `shared` holds the costs it does not set itself."""
    keys = ("fee_percent", "slippage_percent")
    costs = [exact(shared[key] if block.get(key) is None else block[key]) for key in keys]
    return ENGINES[block["name"]].read(block, sum(costs, Fraction(0)))


def position_of(case: Mapping[str, Any]) -> Position:
    """Read the position of a case."""
    side, tick_size = {"long": 1, "short": -1}[case["side"]], exact(case["tick_size"])
    return Position(
        side=side,
        entry=exact(case["entry"]),
        first_stop=on_grid(side, exact(case["initial_stop"]), tick_size),
        tick_size=tick_size,
        opened_at=number(case, "opened_at", "0"),
        pair=case.get("pair"),
        regime=case.get("regime"),
        atr_mean=number(case, "atr_mean"),
    )


def schedule_of(partials: Any) -> Any:
    """Return the rungs of a schedule that may also be switched on or off."""
    if isinstance(partials, bool):
        return PARTIALS if partials else ()
    return partials


def gate_of(block: Mapping[str, Any]) -> Gate:
    """Read the block of the gate."""
    return Gate(
        interval=number(block, "min_interval_s", "60"),
        improvement=number(block, "min_improvement_percent", "0.1"),
        emergency=number(block, "emergency_percent", "1.0"),
    )


def life_of(case: Mapping[str, Any]) -> Life:
    """Read a case."""
    block = settings_of(case)
    shared = {**COSTS, **block.get("breakeven", {})}
    hours = number(block, "time_stop_hours")
    return Life(
        position=position_of(case),
        engines=tuple(engine_of(engine, shared) for engine in block.get("engines", [{"name": "hand_span"}])),
        rungs=tuple(
            Rung(exact(at), None if part == "rest" else exact(part))
            for at, part in schedule_of(block.get("partials", []))
        ),
        gate=gate_of(block.get("gate", {})) if case.get("on_exchange", False) else None,
        time_stop=None if hours is None else hours * HOUR,
    )


def seen_of(tick: Mapping[str, Any]) -> Seen:
    """Read one tick."""
    return Seen(
        exact(tick["t"]),
        exact(tick["price"]),
        number(tick, "atr"),
        number(tick, "momentum"),
        council=bool(tick.get("council")),
    )

"""The state of a trade as plain data: what is written, and what is read back after a crash."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from robustop_plugin.core.decision import Level, Memory, Phase, Rule
from robustop_plugin.core.errors import InvalidFact, RobustopError, UnknownSchema
from robustop_plugin.core.facts import Position

SCHEMA = 1


@dataclass(slots=True)
class TradeState:
    """Everything needed to go on with a trade after a crash.

    Attributes:
        position: the trade as its first fill left it.
        memory: what the last step remembered.
        opened_ms: when the trade was opened, in milliseconds; with the id it tells two trades apart.
        sequence: number of audit records written so far.
    """

    position: Position
    memory: Memory
    opened_ms: int
    sequence: int = field(default=0)


def to_dict(state: TradeState) -> dict[str, Any]:
    """Return the state as JSON-ready data."""
    memory = state.memory._asdict()
    memory["phase"] = state.memory.phase.name
    memory["level"] = None if state.memory.level is None else list(state.memory.level)
    return {
        "schema": SCHEMA,
        "opened_ms": state.opened_ms,
        "sequence": state.sequence,
        "position": {one.name: getattr(state.position, one.name) for one in fields(Position) if one.init},
        "memory": memory,
    }


def from_dict(data: Any) -> TradeState:
    """Return the state that `to_dict` wrote.

    Raises:
        UnknownSchema: a newer robustop wrote it.
        RobustopError: it is no state, or not a whole one.
    """
    try:
        if _whole(data["schema"]) <= SCHEMA:
            return _read(data)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise RobustopError(f"state was not readable ({error!r}): {data!r}") from error
    raise UnknownSchema(
        f"state schema was {data['schema']}: this robustop knows schemas up to {SCHEMA}; "
        "upgrade robustop, the stop in force stays"
    )


def _read(data: Any) -> TradeState:
    memory = data["memory"]
    if set(memory) != set(Memory._fields):
        raise InvalidFact("keys of memory", sorted(memory), f"just {', '.join(Memory._fields)}")
    return TradeState(
        position=Position(**data["position"]),
        memory=Memory(
            stop=_price(memory["stop"]),
            published_at=_number(memory["published_at"]),
            best=_price(memory["best"]),
            phase=Phase[memory["phase"]],
            level=None if memory["level"] is None else _level(*memory["level"]),
            atr=None if memory["atr"] is None else _price(memory["atr"]),
            atr_at_entry=None if memory["atr_at_entry"] is None else _price(memory["atr_at_entry"]),
            candle=None if memory["candle"] is None else _number(memory["candle"]),
        ),
        opened_ms=_whole(data["opened_ms"]),
        sequence=_whole(data["sequence"]),
    )


def _level(price: Any, engine: Any, rule: Any) -> Level:
    if not isinstance(engine, str):
        raise InvalidFact("engine", engine, "a name")
    return Level(_price(price), engine, Rule(rule))


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise InvalidFact("value", value, "a whole number >= 0")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise InvalidFact("value", value, "a finite number")
    return float(value)


def _price(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise InvalidFact("value", value, "a price, > 0")
    return number

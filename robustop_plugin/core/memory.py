"""The state of a trade as plain data: what is written, and what is read back after a crash."""

from dataclasses import asdict, dataclass, field
from typing import Any

from robustop_plugin.core.decision import Level, Memory, Phase, Rule
from robustop_plugin.core.errors import RobustopError, UnknownSchema
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
        "position": asdict(state.position),
        "memory": memory,
    }


def from_dict(data: Any) -> TradeState:
    """Return the state that `to_dict` wrote.

    Raises:
        UnknownSchema: a newer robustop wrote it.
        RobustopError: it is no state, or not a whole one.
    """
    try:
        if int(data["schema"]) <= SCHEMA:
            return _read(data)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise RobustopError(f"state was not readable ({error!r}): {data!r}") from error
    raise UnknownSchema(
        f"state schema was {data['schema']}: this robustop knows schemas up to {SCHEMA}; "
        "upgrade robustop, the stop in force stays"
    )


def _read(data: Any) -> TradeState:
    memory = dict(data["memory"])
    level = memory.pop("level")
    return TradeState(
        position=Position(**data["position"]),
        memory=Memory(
            **{**memory, "phase": Phase[memory["phase"]]},
            level=None if level is None else Level(float(level[0]), level[1], Rule(level[2])),
        ),
        opened_ms=int(data["opened_ms"]),
        sequence=int(data["sequence"]),
    )

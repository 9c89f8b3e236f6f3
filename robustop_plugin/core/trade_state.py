"""The state of a trade, and its form as plain data: written on changes, read back after a restart."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from robustop_plugin.core.asked_stop import AppliedRequest, applied_from_data
from robustop_plugin.core.decision import Level, Phase, Progress, Rule
from robustop_plugin.core.engine import EngineMemory
from robustop_plugin.core.errors import InvalidFact, RobustopError, UnknownSchema
from robustop_plugin.core.exchange_orders import NO_ORDERS, ExchangeOrders, orders_from_dict, orders_to_dict
from robustop_plugin.core.facts import Position, Regime
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.told import NOTHING_TOLD, Told, told_from_dict, told_to_dict

SCHEMA = 5
POSITION_NUMBERS = ("side", "entry", "initial_stop", "tick_size", "opened_at")
POSITION_KEYS = tuple(field.name for field in fields(Position) if field.init)
NO_MARKET = {"atr_mean": None, "regime": None}
NOTHING_SOLD: dict[str, Any] = {"progress": [0, False], "virtual": None, "kept": {}}
"""Keys that schema 1 did not have: nothing was sold in parts, and no engine had a memory."""


FIRST_WITH_ENTRIES = 3
FIRST_WITH_ORDERS = 4
FIRST_WITH_ASKED_STOPS = 5
NO_OTHER_RISK = {"risk_entry": None}
"""Key that schemas 1 and 2 did not have: `R` followed the open rate."""


class Entries(NamedTuple):
    """What is known about the entry orders of a trade.

    Attributes:
        filled: number of filled entry orders that the position accounts for; 0 if unknown (an older schema).
        first_continues: True if an entry order has rested since the first fill: what it fills belongs to that fill.
        awaits_candles: True if the initial stop is the fallback until the strategy's candles are there.
        old_extreme: Freqtrade's most favorable price when a later entry last moved the open rate, in price: the
            averaged position has not seen it. None if no later entry has.
    """

    filled: int = 0
    first_continues: bool = False
    awaits_candles: bool = False
    old_extreme: float | None = None


NO_ENTRIES = Entries()
"""What schemas 1 and 2 knew about entry orders."""


@dataclass(slots=True)
class TradeState:
    """Everything needed to go on with a trade after a restart.

    Attributes:
        position: the trade as its first fill left it.
        memory: what the last step remembered.
        opened_ms: when the trade was opened, in milliseconds since the epoch.
        sequence: number of audit records written so far.
        pair: the pair of the trade, which with number, side and opening time identifies it; None if unknown (an older
            schema).
        entries: what is known about its entry orders.
        orders: what is known about its orders on the exchange.
        told: which messages about it were sent.
        records: audit records that may not be stored yet, as JSON-ready data.
        applied: requests of persons that were applied and may not be marked as taken yet.
    """

    position: Position
    memory: Memory
    opened_ms: int
    sequence: int = field(default=0)
    pair: str | None = None
    entries: Entries = NO_ENTRIES
    orders: ExchangeOrders = NO_ORDERS
    told: Told = NOTHING_TOLD
    records: tuple[dict[str, Any], ...] = ()
    applied: tuple[AppliedRequest, ...] = ()


def schema_of(state: TradeState) -> int:
    """Return the oldest schema that can hold a state, so that an older release reads whatever it can."""
    by_hand = state.memory.level is not None and state.memory.level.rule is Rule.STOP
    return FIRST_WITH_ASKED_STOPS if by_hand or state.applied else FIRST_WITH_ORDERS


def to_dict(state: TradeState) -> dict[str, Any]:
    """Return the state as JSON-ready data."""
    memory = state.memory._asdict()
    memory["phase"] = state.memory.phase.name
    memory["level"] = None if state.memory.level is None else list(state.memory.level)
    memory["progress"] = list(state.memory.progress)
    memory["kept"] = {name: list(kept) for name, kept in state.memory.kept.items()}
    position = {name: getattr(state.position, name) for name in POSITION_KEYS}
    position["regime"] = None if state.position.regime is None else state.position.regime.name
    # A backtest tells nothing.
    told = {} if state.told == NOTHING_TOLD else {"told": told_to_dict(state.told)}
    return {
        "schema": schema_of(state),
        "opened_ms": state.opened_ms,
        "sequence": state.sequence,
        "pair": state.pair,
        "entries": state.entries._asdict(),
        "exchange": orders_to_dict(state.orders),
        "position": position,
        "memory": memory,
        **told,
        **({"records": list(state.records)} if state.records else {}),
        **({"applied": [list(request) for request in state.applied]} if state.applied else {}),
    }


def from_dict(data: Any) -> TradeState:
    """Return the state that `to_dict` wrote.

    Raises:
        UnknownSchema: a newer release of robustop wrote it.
        RobustopError: `data` is not a complete state.
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
    position, memory = _whole_parts(data)
    for name in POSITION_NUMBERS:
        _number(position[name])
    for name in ("atr_mean", "risk_entry"):
        if position[name] is not None:
            _number(position[name])
    if position["regime"] is not None:
        position["regime"] = Regime[position["regime"]]
    return TradeState(
        position=Position(**position),
        memory=Memory(
            stop=_price(memory["stop"]),
            published_at=_number(memory["published_at"]),
            best=_price(memory["best"]),
            phase=Phase[memory["phase"]],
            level=None if memory["level"] is None else _level(*memory["level"]),
            atr=None if memory["atr"] is None else _price(memory["atr"]),
            atr_at_entry=None if memory["atr_at_entry"] is None else _price(memory["atr_at_entry"]),
            candle=None if memory["candle"] is None else _number(memory["candle"]),
            progress=_progress(*memory["progress"]),
            virtual=None if memory["virtual"] is None else _number(memory["virtual"]),
            kept={str(name): _kept(values) for name, values in memory["kept"].items()},
        ),
        opened_ms=_whole(data["opened_ms"]),
        sequence=_whole(data["sequence"]),
        pair=None if data["schema"] < FIRST_WITH_ENTRIES or data["pair"] is None else _text(data["pair"]),
        entries=NO_ENTRIES if data["schema"] < FIRST_WITH_ENTRIES else _entries(**data["entries"]),
        orders=NO_ORDERS if data["schema"] < FIRST_WITH_ORDERS else orders_from_dict(data["exchange"]),
        told=told_from_dict(data.get("told")),
        records=_records(data.get("records", [])),
        applied=applied_from_data(data.get("applied", [])),
    )


def _whole_parts(data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data of position and memory. Keys of newer schemas are added; any other difference is an error."""
    position, memory = dict(data["position"]), dict(data["memory"])
    if data["schema"] == 1:
        position, memory = {**NO_MARKET, **position}, {**NOTHING_SOLD, **memory}
    if data["schema"] < FIRST_WITH_ENTRIES:
        position = {**NO_OTHER_RISK, **position}
    for name, part, keys in (("position", position, POSITION_KEYS), ("memory", memory, Memory._fields)):
        if set(part) != set(keys):
            raise InvalidFact(f"keys of {name}", sorted(part), f"just {', '.join(sorted(keys))}")
    return position, memory


def _entries(filled: Any, first_continues: Any, awaits_candles: Any, old_extreme: Any) -> Entries:
    for name, value in (("first_continues", first_continues), ("awaits_candles", awaits_candles)):
        if type(value) is not bool:
            raise InvalidFact(name, value, "true or false")
    extreme = None if old_extreme is None else _price(old_extreme)
    return Entries(_whole(filled), first_continues, awaits_candles, extreme)


def _records(values: Any) -> tuple[dict[str, Any], ...]:
    """Return what of a list is a record. What is not costs the trade a line of its audit, but never its state."""
    return tuple(value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidFact("value", value, "a text")
    return value


def _level(price: Any, engine: Any, rule: Any) -> Level:
    if not isinstance(engine, str):
        raise InvalidFact("engine", engine, "a name")
    # A trail whose distance exceeds the price is below zero: looser than any stop, and kept as it is.
    return Level(_number(price), engine, Rule(rule))


def _progress(rungs: Any, portion: Any) -> Progress:
    if type(portion) is not bool:
        raise InvalidFact("portion", portion, "true or false")
    return Progress(_whole(rungs), portion)


def _kept(values: Any) -> EngineMemory:
    if not isinstance(values, list):
        raise InvalidFact("kept", values, "a list")
    return tuple(value if type(value) is bool else _number(value) for value in values)


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

"""One record per decision that did something."""

from dataclasses import dataclass, fields
from typing import Any, Protocol

from robustop_plugin.core.trade_state import TradeState


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What was decided, from what, and why.

    Attributes:
        token: `trade_id:open_ms:sequence`, so that a record is written once however often it is sent.
        time: seconds since the epoch.
        trade_id: the trade, as the trade database knows it.
        pair: the pair of the trade.
        side: +1 long, -1 short.
        action: initial, adopted, move, host (the stop was moved by Freqtrade), reduce (a part was sold), wait (a
            part is due and too small), exit (decided), closed (filled), refused (an entry), error.
        price: the price looked at; of a closed trade, the fill.
        old_stop: the stop before, None where there was none.
        new_stop: the stop after.
        engine: the engine that won, None where none did.
        rule: the rule that won: initial, breakeven, trail.
        phase: how far the trade had come.
        reason: why the trade was left, or what bounded the initial stop, or the error.
        facts: what the decision was made from.
    """

    token: str
    time: float
    trade_id: int
    pair: str
    side: int
    action: str
    price: float | None
    old_stop: float | None
    new_stop: float | None
    engine: str | None
    rule: str | None
    phase: str | None
    reason: str | None
    facts: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(field.name for field in fields(AuditRecord))


class AuditSink(Protocol):
    """Where records go."""

    def write(self, record: AuditRecord) -> None:
        """Take one record."""

    def flush(self) -> None:
        """Bring what was taken to where it is kept."""


class NoAudit:
    """Keeps nothing."""

    def write(self, record: AuditRecord) -> None:
        """Forget the record."""

    def flush(self) -> None:
        """Do nothing."""


def facts_of(state: TradeState) -> dict[str, Any]:
    """Return the facts a decision about this trade is made from."""
    position, memory = state.position, state.memory
    return {
        "entry": position.entry,
        "initial_stop": position.initial_stop,
        "tick_size": position.tick_size,
        "best": memory.best,
        "atr": memory.atr,
        "atr_at_entry": memory.atr_at_entry,
        "level": None if memory.level is None else memory.level.price,
        "rungs": memory.progress.rungs,
        "portion": memory.progress.portion,
    }

"""The audit record: one per decision that changed something."""

from dataclasses import dataclass, fields
from typing import Any

from robustop_plugin.core.trade_state import TradeState

BREAKER = "breaker"
"""The action of records that say that a breaker was opened or closed."""
BREAKER_CLOSED = "the breaker is closed"
"""How the reason of such a record ends if it was closed."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A decision, its reason, and the facts it was made from.

    Attributes:
        token: `trade_id:open_ms:sequence`, identifies a record that arrives more than once.
        time: seconds since the epoch.
        trade_id: the number of the trade in the trade database.
        pair: the pair of the trade.
        side: +1 long, -1 short.
        action: initial, adopted, move, adjusted (a stop that a person asked for is desired), host (the stop was moved
            by Freqtrade), reduce (a part was sold), wait (a part is due and too small), exit (decided), closed
            (filled), refused (an entry), error, breaker (it was opened or closed).
        price: the price of the decision; of a closed trade, the price of the fill. None if unknown.
        old_stop: the stop before, in price; None without one.
        new_stop: the stop after, in price; None without one.
        engine: the name of the engine that set the stop; None if no engine did.
        rule: the rule that set the stop: initial, breakeven, trail, or stop (a person's price); None if none did.
        phase: the phase of the trade, by name.
        reason: why the trade was closed, what bounded the initial stop, or the error.
        facts: the facts the decision was made from, by name.
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


def facts_of(state: TradeState) -> dict[str, Any]:
    """Return the facts that decisions about this trade are made from."""
    position, memory = state.position, state.memory
    averaged = {} if position.risk_entry is None else {"risk_entry": position.risk_entry}
    return {
        "entry": position.entry,
        **averaged,
        "initial_stop": position.initial_stop,
        "tick_size": position.tick_size,
        "best": memory.best,
        "atr": memory.atr,
        "atr_at_entry": memory.atr_at_entry,
        "level": None if memory.level is None else memory.level.price,
        "rungs": memory.progress.rungs,
        "portion": memory.progress.portion,
    }

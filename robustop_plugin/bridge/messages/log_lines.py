"""One line in Freqtrade's log for each event of a trade: a sentence, `key=value` for people, `extra` for programs."""

import logging
from typing import Any, NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.bridge.messages.texts import number, which

logger = logging.getLogger(__name__)

SENTENCES = {
    "initial": "initial stop",
    "adopted": "adopted",
    "move": "the stop moves",
    "adjusted": "a person asked for a stop",
    "host": "something else moved the stop",
    "averaged": "a later entry moved the open rate",
    "asked": "a part is to be sold",
    "reduce": "a part was sold",
    "wait": "a part waits",
    "published": "a stop order rests on the exchange",
    "unpublished": "no stop order rests on the exchange",
    "exit": "to be closed",
    "closed": "closed",
    "breaker": "breaker",
}
"""What is said about each action of the audit. Errors have lines of their own."""


class Line(NamedTuple):
    """An event of a trade, as the audit records it.

    Attributes:
        action: What happened.
        price: The price at which it was decided; None if unknown.
        old: The stop before, in price; None without one.
        new: The stop after, in price; None without one.
        engine: The engine that set the stop, or what moved it; None if neither did.
        rule: The rule that set the stop; None if none did.
        reason: Why.
    """

    action: str
    price: float | None
    old: float | None
    new: float | None
    engine: str | None = None
    rule: str | None = None
    reason: str | None = None


def log(trade: Trade, line: Line) -> None:
    """Log an event."""
    sentence = SENTENCES.get(line.action)
    if sentence is None:
        return
    facts = {"trade": trade.id, "pair": trade.pair, **line._asdict()}
    tail = " ".join(f"{name}={_shown(value)}" for name, value in facts.items() if value is not None)
    logger.info("robustop: %s: %s | %s", which(trade), sentence, tail, extra=facts)


def _shown(value: Any) -> str:
    """Return a value without spaces outside of quotes, so that the line can be split."""
    text = number(value) if isinstance(value, float) else str(value)
    return f'"{text}"' if " " in text else text

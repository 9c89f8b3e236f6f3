"""Tells the records of one trade as a story: what happened, from which stop to which, how many R, and why."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from robustop_plugin.core.side import LONG

DIGITS = 8
"""Significant digits of a price."""

HAPPENED = {
    "initial": "the initial stop was set",
    "adopted": "found without a state, and protected",
    "adjusted": "a person asked for a stop",
    "averaged": "a later entry moved the open rate",
    "reduce": "a part was sold",
    "wait": "a part is due, and waits",
    "published": "a stop order rests on the exchange",
    "unpublished": "no stop order rests on the exchange",
    "exit": "its exit was decided",
    "closed": "closed",
    "refused": "an entry was refused",
    "error": "an error; the stop stayed",
    "breaker": "the breaker was opened or closed",
}
"""What is said about each action but a move."""
MOVERS = {
    "strategy": "the strategy moved its own stop",
    "native": "Freqtrade's trailing stop moved",
    "host": "Freqtrade moved its stop",
}
"""What is said about a stop that something else has moved, by what did."""
AT_A_PRICE = ("reduce", "exit", "closed")
"""Actions whose R is that of the price, not of the stop."""


class Event(NamedTuple):
    """One line of a story.

    Attributes:
        time: when, as text in UTC.
        happened: what happened, in words.
        stop: the stop, or the old one and the new one.
        r: the multiple of the risk, of the new stop or of the price; empty if unknown.
        why: engine, rule, reason and price.
    """

    time: str
    happened: str
    stop: str
    r: str
    why: str


class Story(NamedTuple):
    """The records of one trade.

    Attributes:
        title: which trade.
        events: what happened to it.
    """

    title: str
    events: list[Event]


def stories(records: Iterable[Mapping[str, Any]]) -> list[Story]:
    """Return one story for each trade, in the order of their first records."""
    trades: dict[tuple[int, float, str], list[Mapping[str, Any]]] = {}
    for record in records:
        number, opened = trade_of(record)
        # A refused entry has no trade: all of them are told together.
        trades.setdefault((number, opened, record["pair"] if number else ""), []).append(record)
    return [Story(_title(of_trade), [event_of(record) for record in of_trade]) for of_trade in trades.values()]


def trade_of(record: Mapping[str, Any]) -> tuple[int, float]:
    """Return the number of a trade and its opening, in seconds since the epoch; a refused entry has none of its own."""
    opened = record["token"].split(":")[1:2] if record["trade_id"] else []
    return record["trade_id"], float(opened[0]) / 1000 if opened and opened[0].isdigit() else 0.0


def event_of(record: Mapping[str, Any]) -> Event:
    """Return a record as one line of a story."""
    return Event(moment(record["time"]), _happened(record), _stop(record), _r(record), _why(record))


def moment(seconds: float) -> str:
    """Return a time as text, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def reason_of(record: Mapping[str, Any]) -> str:
    """Return engine, rule and reason in one text."""
    mover = " ".join(text for text in (record["engine"], record["rule"]) if text)
    return ": ".join(text for text in (mover, record["reason"]) if text)


def number(value: float | None) -> str:
    """Return a price as text; empty if it is unknown."""
    return "" if value is None else f"{value:.{DIGITS}g}"


def _title(records: list[Mapping[str, Any]]) -> str:
    first = records[0]
    trade_id, opened = trade_of(first)
    if not trade_id:
        return "entries that were refused"
    side = "long" if first["side"] == LONG else "short"
    return " ".join([f"trade {trade_id}, {first['pair']} {side}, opened {moment(opened)}", *_terms(first)])


def _terms(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield entry and risk, as far as they are known."""
    facts = record["facts"] or {}
    if facts.get("entry"):
        yield f"at {number(facts['entry'])}"
    risk = _risk(record)
    if risk is not None:
        yield f"(R = {number(risk)})"


def _risk(record: Mapping[str, Any]) -> float | None:
    """Return the risk in price; None if it is unknown."""
    facts = record["facts"] or {}
    measured_from, start = facts.get("risk_entry") or facts.get("entry"), facts.get("initial_stop")
    if not measured_from or not start:
        return None
    risk: float = record["side"] * (measured_from - start)
    return risk if risk > 0 else None


def _happened(record: Mapping[str, Any]) -> str:
    action: str = record["action"]
    shadow = "in shadow: " if (record["facts"] or {}).get("shadow") else ""
    if action == "move":
        return shadow + _moved(record)
    if action == "host":
        return MOVERS.get(record["engine"] or "", "something else moved the stop")
    words = HAPPENED.get(action, action)
    if action in ("reduce", "closed") and record["price"] is not None:
        words = f"{words} at {number(record['price'])}"
    if action == "adjusted":
        words = f"{words} at {number((record['facts'] or {}).get('level'))}"
    return shadow + words


def _moved(record: Mapping[str, Any]) -> str:
    """Return what is said about a move: the first one to the entry or beyond it has reached breakeven."""
    entry, side = (record["facts"] or {}).get("entry"), record["side"]
    old, new = record["old_stop"], record["new_stop"]
    if None in (entry, old, new) or not side * (old - entry) < 0 <= side * (new - entry):
        return "the stop was tightened"
    return "the stop has reached breakeven"


def _stop(record: Mapping[str, Any]) -> str:
    old, new = record["old_stop"], record["new_stop"]
    return number(new) if old == new or old is None else f"{number(old)} -> {number(new)}"


def _r(record: Mapping[str, Any]) -> str:
    """Return the multiple of the risk."""
    risk, entry = _risk(record), float((record["facts"] or {}).get("entry") or 0.0)
    at = record["price"] if record["action"] in AT_A_PRICE else record["new_stop"]
    if risk is None or at is None:
        return ""
    return f"{record['side'] * (at - entry) / risk:+.2f}"


def _why(record: Mapping[str, Any]) -> str:
    price = record["price"]
    shown = f"price {number(price)}" if price is not None and record["action"] not in ("reduce", "closed") else ""
    return ", ".join(text for text in (reason_of(record), shown) if text)

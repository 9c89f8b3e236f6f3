"""Compares what robustop would have done with what happened, from the audit records of shadowed trades.

Records of a shadow have the fact `shadow`, which names the setting whose engines decided. The last but one record of a
trade says what the shadow has brought, the last one (of engine `host`) what the trade has brought in fact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from robustop_plugin.audit.record import AuditRecord

HOST = "host"


@dataclass(frozen=True)
class Side:
    """One side of a comparison: what happened, or what would have happened.

    Attributes:
        time: When the trade ended, in seconds since the epoch.
        price: At what price.
        reason: Why.
        profit: What it brought after all costs, in the currency of the comparison.
        r: The same as a multiple of what the trade risked at its initial stop; None if that is unknown.
    """

    time: float
    price: float | None
    reason: str | None
    profit: float
    r: float | None


@dataclass(frozen=True)
class Comparison:
    """One trade in shadow.

    Attributes:
        shadow: The setting whose engines decided: `engines` or `shadow.engines`.
        trade_id: The number of the trade.
        pair: Its pair.
        side: +1 long, -1 short.
        opened: When it was opened, in seconds since the epoch.
        currency: The currency of its profit.
        moves: How often the shadow moved its stop.
        sales: How many parts the shadow sold.
        happened: How it ended; None while it is open.
        shadowed: How the shadow ended; None while it is open.
    """

    shadow: str
    trade_id: int
    pair: str
    side: int
    opened: float
    currency: str
    moves: int
    sales: int
    happened: Side | None
    shadowed: Side | None

    @property
    def is_complete(self) -> bool:
        """True if both have ended, so that they can be compared."""
        return self.happened is not None and self.shadowed is not None

    @property
    def is_same(self) -> bool:
        """True if both ended at the same time and price: the shadow ended with the trade."""
        if self.happened is None or self.shadowed is None:
            return False
        return (self.happened.time, self.happened.price) == (self.shadowed.time, self.shadowed.price)


@dataclass(frozen=True)
class Total:
    """The sums over the trades of one shadow whose comparison is complete.

    Attributes:
        shadow: The setting whose engines decided.
        currency: The currency of the profits.
        trades: How many trades.
        better: How many of them the shadow would have ended with more profit.
        worse: How many with less.
        together: How many ended at the same time and price.
        profit: What happened, in that currency.
        shadow_profit: What would have happened.
        r: What happened, in R.
        shadow_r: What would have happened.
    """

    shadow: str
    currency: str
    trades: int
    better: int
    worse: int
    together: int
    profit: float
    shadow_profit: float
    r: float
    shadow_r: float


def of_shadow(record: AuditRecord, shadow: str | None, facts: Mapping[str, Any] | None = None) -> AuditRecord:
    """Return a record with more facts; one of a shadow has that as a fact too, and a token of its own.

    Args:
        record: The record.
        shadow: The setting whose engines only decide; None if they act.
        facts: More facts; None for none.
    """
    if shadow is None:
        return replace(record, facts={**record.facts, **facts}) if facts else record
    return replace(record, token=f"{record.token}:{shadow}", facts={**record.facts, **(facts or {}), "shadow": shadow})


def is_of_shadow(record: Mapping[str, Any]) -> bool:
    """Return True if a record is a decision that changed nothing."""
    return bool((record.get("facts") or {}).get("shadow"))


def comparisons(records: Iterable[Mapping[str, Any]]) -> list[Comparison]:
    """Return one comparison per trade and shadow, in the order of their first records."""
    trades: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        if is_of_shadow(record):
            identity = ":".join(record["token"].split(":")[:2])
            trades.setdefault((identity, record["pair"] + record["facts"]["shadow"]), []).append(record)
    return [_comparison(of_trade) for of_trade in trades.values()]


def _comparison(records: Sequence[Mapping[str, Any]]) -> Comparison:
    first, closed = records[0], [record for record in records if record["action"] == "closed"]
    happened = next((record for record in closed if record["engine"] == HOST), None)
    shadowed = next((record for record in closed if record["engine"] != HOST), None)
    return Comparison(
        shadow=first["facts"]["shadow"],
        trade_id=first["trade_id"],
        pair=first["pair"],
        side=first["side"],
        opened=int(first["token"].split(":")[1]) / 1000,
        currency=str((closed[0]["facts"] if closed else {}).get("currency") or ""),
        moves=sum(record["action"] == "move" for record in records),
        sales=sum(record["action"] == "reduce" for record in records),
        happened=None if happened is None else _side(happened, "host_profit"),
        shadowed=None if shadowed is None else _side(shadowed, "profit"),
    )


def _side(record: Mapping[str, Any], profit: str) -> Side:
    facts = record["facts"]
    brought, risk = float(facts[profit]), float(facts.get("risk") or 0.0)
    return Side(record["time"], record["price"], record["reason"], brought, brought / risk if risk > 0 else None)


def totals(compared: Iterable[Comparison]) -> list[Total]:
    """Return the sums, one per shadow and currency."""
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for comparison in compared:
        if comparison.is_complete:
            groups.setdefault((comparison.shadow, comparison.currency), []).append(comparison)
    return [_total(shadow, currency, group) for (shadow, currency), group in groups.items()]


def _total(shadow: str, currency: str, group: Sequence[Comparison]) -> Total:
    pairs = [(one.happened, one.shadowed) for one in group if one.happened and one.shadowed]
    return Total(
        shadow=shadow,
        currency=currency,
        trades=len(pairs),
        better=sum(ours.profit > theirs.profit for theirs, ours in pairs),
        worse=sum(ours.profit < theirs.profit for theirs, ours in pairs),
        together=sum(one.is_same for one in group),
        profit=sum(theirs.profit for theirs, _ in pairs),
        shadow_profit=sum(ours.profit for _, ours in pairs),
        r=sum(theirs.r or 0.0 for theirs, _ in pairs),
        shadow_r=sum(ours.r or 0.0 for _, ours in pairs),
    )


def as_json(compared: Sequence[Comparison]) -> dict[str, Any]:
    """Return comparisons and sums as JSON-ready data."""
    return {
        "trades": [asdict(comparison) for comparison in compared],
        "totals": [asdict(total) for total in totals(compared)],
    }


def as_lines(compared: Sequence[Comparison]) -> Iterator[str]:
    """Yield a table: one line per trade, then one per sum."""
    yield f"{'trade':>6}  {'pair':<16} {'shadow':<14} {'happened':<34} {'in shadow':<34} {'difference':>18}"
    for one in compared:
        difference = ""
        if one.happened is not None and one.shadowed is not None:
            difference = f"{one.shadowed.profit - one.happened.profit:+.2f} {one.currency}"
        sides = f"{_shown(one.happened, one.currency):<34} {_shown(one.shadowed, one.currency):<34}"
        yield f"{one.trade_id:>6}  {one.pair:<16} {one.shadow:<14} {sides} {difference:>18}"
    for total in totals(compared):
        yield (
            f"{total.shadow}: {total.trades} trades, {total.better} better and {total.worse} worse in shadow, "
            f"{total.together} ended together; "
            f"happened {total.profit:+.2f} {total.currency} ({total.r:+.2f} R), "
            f"in shadow {total.shadow_profit:+.2f} {total.currency} ({total.shadow_r:+.2f} R)"
        )
    waiting = sum(not one.is_complete for one in compared)
    if waiting:
        yield f"{waiting} more are still open, and in no sum"


def _shown(side: Side | None, currency: str) -> str:
    if side is None:
        return "open"
    multiple = "" if side.r is None else f" {side.r:+.2f} R"
    return f"{side.profit:+.2f} {currency}{multiple} {side.reason or ''}"[:34]

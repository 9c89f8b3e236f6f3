"""Which records of the audit are wanted: by trade, time, and what happened."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Selection(NamedTuple):
    """The records that are wanted. What is not given restricts nothing.

    Attributes:
        trade_id: of the trades with this number.
        pair: of this pair.
        since: not before this time, in seconds since the epoch.
        until: before this time, in seconds since the epoch.
        engines: of one of these engines, or of what stands in place of one.
        rules: of one of these rules.
        actions: with one of these actions.
    """

    trade_id: int | None = None
    pair: str | None = None
    since: float | None = None
    until: float | None = None
    engines: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def has(self, record: Mapping[str, Any]) -> bool:
        """Return True if a record is wanted."""
        return (
            self.trade_id in (None, record["trade_id"])
            and self.pair in (None, record["pair"])
            and (self.since is None or record["time"] >= self.since)
            and (self.until is None or record["time"] < self.until)
            and (not self.engines or record["engine"] in self.engines)
            and (not self.rules or record["rule"] in self.rules)
            and (not self.actions or record["action"] in self.actions)
        )

    def of(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the wanted records, in their order."""
        return [record for record in records if self.has(record)]

    @property
    def by_kind(self) -> dict[str, tuple[str, ...]]:
        """What is wanted of the fields that hold names."""
        return {"engine": self.engines, "rule": self.rules, "action": self.actions}

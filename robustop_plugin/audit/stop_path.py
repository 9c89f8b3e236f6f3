"""The path of each trade's stop, read from its audit records: what a chart draws."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from robustop_plugin.core.side import tighter

MOVERS = ("initial", "adopted", "averaged", "move", "host", "reduce", "exit")
"""Actions after which the stop, the entry or the best price may be another."""
CLOSED, HOST = "closed", "host"


class Step(NamedTuple):
    """What holds from one moment until the next step.

    Attributes:
        time: when it begins, in seconds since the epoch.
        stop: the stop in force, in price.
        entry: the open rate, in price.
        best: the most favorable price that was known, in price.
    """

    time: float
    stop: float
    entry: float
    best: float


@dataclass(frozen=True, slots=True)
class StopPath:
    """The path of the stop of one trade.

    Attributes:
        trade: the trade as its records name it, by its number and its opening.
        trade_id: the number of the trade.
        pair: its pair.
        side: +1 long, -1 short.
        initial_stop: the initial stop, in price.
        shadow: the setting whose engines decided and changed nothing; None if the stop was in force.
        steps: at least one, in the order of their times.
        closed: when the trade was closed, in seconds since the epoch; None while it is open.
    """

    trade: str
    trade_id: int
    pair: str
    side: int
    initial_stop: float
    shadow: str | None = None
    steps: list[Step] = field(default_factory=list)
    closed: float | None = None

    @property
    def opened(self) -> float:
        """When the stop came into force, in seconds since the epoch."""
        return self.steps[0].time

    def risk(self, step: Step) -> float:
        """Return `R`, in price. It keeps its first value where a later entry has passed the initial stop."""
        risk = self.side * (step.entry - self.initial_stop)
        return risk if risk > 0 else abs(self.steps[0].entry - self.initial_stop)


def stop_paths(records: Iterable[Mapping[str, Any]]) -> list[StopPath]:
    """Return the paths of all stops in these records of one pair, the oldest first.

    A trade whose end was not recorded ends where the next one of the pair begins.

    Args:
        records: audit records, those of a trade in the order in which they were made.

    Raises:
        KeyError: a record lacks a field.
        TypeError: a field holds something else.
    """
    paths: dict[tuple[str, str | None], StopPath] = {}
    for record in records:
        facts = record["facts"]
        if record["new_stop"] is None or "entry" not in facts:
            continue
        shadow = facts.get("shadow")
        trade = ":".join(record["token"].split(":")[:2])
        key = trade, shadow
        made = StopPath(trade, record["trade_id"], record["pair"], record["side"], facts["initial_stop"], shadow)
        path = paths.setdefault(key, made)
        if record["action"] in MOVERS:
            path.steps.append(_step(path, record))
        elif record["action"] == CLOSED and path.closed is None:
            paths[key] = replace(path, closed=record["time"])
    found = sorted((path for path in paths.values() if path.steps), key=lambda path: path.opened)
    return list(_ended(found))


def _step(path: StopPath, record: Mapping[str, Any]) -> Step:
    facts, stop = record["facts"], record["new_stop"]
    # Freqtrade's own stop may be the tighter one. Only Freqtrade itself may have loosened that.
    if path.steps and record["action"] != HOST and not tighter(path.side, stop, path.steps[-1].stop):
        stop = path.steps[-1].stop
    return Step(record["time"], stop, facts["entry"], facts["best"])


def _ended(paths: list[StopPath]) -> Iterator[StopPath]:
    """Yield the paths; a pair has one open trade at a time."""
    for number, path in enumerate(paths):
        later = (other.opened for other in paths[number + 1 :] if other.shadow == path.shadow)
        end = next(later, None) if path.closed is None else None
        yield path if end is None else replace(path, closed=end)


def foremost(paths: Iterable[StopPath]) -> list[StopPath]:
    """Return one path for each trade: the stop that was in force; of a trade in shadow, that of the main engines."""
    chosen: dict[str, StopPath] = {}
    for path in paths:
        # "engines" comes before "shadow.engines".
        other = chosen.setdefault(path.trade, path)
        if (path.shadow or "") < (other.shadow or ""):
            chosen[path.trade] = path
    return sorted(chosen.values(), key=lambda path: path.opened)

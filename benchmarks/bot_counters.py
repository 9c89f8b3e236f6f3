"""What is counted inside the process of a live bot: writes to the database, decisions, and calls of the exchange."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

OWN_TABLES = ("robustop", "trade_custom_data")
"""What the names of tables begin with to which only robustop writes here."""
WRITES = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}
"""The statements that write, and where in them the table is named."""
CALLS = ("create_order", "create_stoploss", "cancel_stoploss_order_with_result")
DECIDES = "robustop_plugin.bridge.decisions.manager"


def table_written(statement: str) -> str | None:
    """Return the table that a statement writes to; None if it only reads."""
    words = statement.split(None, 3)
    place = WRITES.get(words[0].upper()) if words else None
    return None if place is None or len(words) <= place else words[place].strip('"')


class Database:
    """Counts what is written to the database.

    Attributes:
        counts: Committed transactions (`commits`), those with a write of robustop's among them (`own_commits`), and
            statements that write, of Freqtrade (`writes`) and of robustop (`own_writes`).
    """

    def __init__(self) -> None:
        """Listen to every database of this process."""
        self.counts: Counter[str] = Counter()
        self._wrote_own = False
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        event.listen(Engine, "rollback", self._rollback)

    def take(self) -> dict[str, int]:
        """Return the counts since the last call."""
        taken = {name: self.counts[name] for name in ("commits", "own_commits", "writes", "own_writes")}
        self.counts.clear()
        return taken

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        table = table_written(statement)
        if table is not None:
            own = table.startswith(OWN_TABLES)
            self._wrote_own |= own
            self.counts["own_writes" if own else "writes"] += 1

    def _commit(self, _connection: Any) -> None:
        self.counts["commits"] += 1
        self.counts["own_commits"] += self._wrote_own
        self._wrote_own = False

    def _rollback(self, _connection: Any) -> None:
        self._wrote_own = False


class Decisions:
    """Times robustop's decisions by the CPU clock of the thread.

    Attributes:
        microseconds: One entry for each decision.
    """

    def __init__(self) -> None:
        """Wrap the decision if robustop runs in this process."""
        self.microseconds: list[float] = []
        module = sys.modules.get(DECIDES)
        if module is not None:
            module.decide = self._timed(module.decide)  # type: ignore[attr-defined]

    def take(self) -> list[float]:
        """Return the times since the last call."""
        taken, self.microseconds = self.microseconds, []
        return taken

    def _timed(self, decide: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*facts: Any) -> Any:
            began = time.thread_time_ns()
            outcome = decide(*facts)
            self.microseconds.append((time.thread_time_ns() - began) / 1000)
            return outcome

        return timed


class Calls:
    """Stamps the answers of the exchange to calls that place and cancel orders, in CPU seconds of the loops.

    Attributes:
        stamps: Name and stamp of each call, in order.
    """

    def __init__(self, exchange: Any) -> None:
        """Wrap the calls of an exchange."""
        self.stamps: list[tuple[str, float]] = []
        self._outside = 0.0
        self._since = time.process_time()
        for name in CALLS:
            setattr(exchange, name, self._stamped(name, getattr(exchange, name)))

    def begin_loop(self) -> None:
        """Leave out the time since the last loop."""
        self.stamps = []
        self._outside += time.process_time() - self._since

    def end_loop(self) -> None:
        """Begin to leave out time."""
        self._since = time.process_time()

    def _stamped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def stamped(*arguments: Any, **named: Any) -> Any:
            answer = call(*arguments, **named)
            self.stamps.append((name, time.process_time() - self._outside))
            return answer

        return stamped

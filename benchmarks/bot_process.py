"""The process of a live bot that runs one loop when it is told to, and reports what the loop cost.

    python benchmarks/bot_process.py --config CONFIG --strategy STRATEGY ...     (arguments of `freqtrade trade`)

Each line on stdin is a command, a word and perhaps a number; each answer is a line of JSON on stdout:

    loop            run one loop
    room N          let the bot hold N positions
    trades          say how many positions it holds
    profile FILE    collect a profile from here on; it is written to FILE at the end
"""

import cProfile
import gc
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.persistence import Trade
from freqtrade.worker import Worker
from sqlalchemy import event
from sqlalchemy.engine import Engine

OWN_TABLES = ("robustop", "trade_custom_data")
"""What the names of tables begin with to which only robustop writes here."""
WRITES = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}
"""The statements that write, and where in them the table is named."""
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


class BotProcess:
    """A bot, and what is counted in its process."""

    def __init__(self, arguments: list[str]) -> None:
        """Start the bot as `freqtrade trade` does."""
        parsed = Arguments(arguments).get_parsed_arg()
        self._database = Database()
        self._worker = Worker(parsed, dict(Configuration(parsed, None).get_config()))
        self._worker.freqtrade.startup()
        self._decisions = Decisions()
        self._profile: tuple[cProfile.Profile, str] | None = None
        logging.disable(logging.INFO)

    def loop(self) -> dict[str, Any]:
        """Run one loop as the worker does, without the pause after it."""
        self._database.take()
        self._decisions.take()
        gc.collect()
        profile = self._profile[0] if self._profile else None
        if profile is not None:
            profile.enable()
        seconds, cpu_seconds = time.perf_counter(), time.process_time()
        self._worker._process_running()  # noqa: SLF001 (what the worker calls)
        cpu_seconds, seconds = time.process_time() - cpu_seconds, time.perf_counter() - seconds
        if profile is not None:
            profile.disable()
        measured = {"cpu_seconds": cpu_seconds, "seconds": seconds, "decisions_us": self._decisions.take()}
        return {**measured, **self._database.take()}

    def obey(self, command: str) -> dict[str, Any]:
        """Do what a line says, and return the answer."""
        word, _, value = command.strip().partition(" ")
        if word == "loop":
            return self.loop()
        if word == "room":
            self._worker.freqtrade.config["max_open_trades"] = int(value)
        elif word == "trades":
            return {"trades": len(Trade.get_open_trades())}
        elif word == "profile":
            self._profile = (cProfile.Profile(), value)
        else:
            raise ValueError(f"the command was {command!r}: it must be loop, room, trades or profile")
        return {}

    def close(self) -> None:
        """Write the profile."""
        if self._profile is not None:
            self._profile[0].dump_stats(self._profile[1])


def main() -> None:
    """Obey the lines on stdin until it is closed."""
    answers = sys.stdout
    sys.stdout = sys.stderr
    bot = BotProcess(sys.argv[1:])
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for command in sys.stdin:
        print(json.dumps(bot.obey(command)), file=answers, flush=True)
    bot.close()


if __name__ == "__main__":
    main()

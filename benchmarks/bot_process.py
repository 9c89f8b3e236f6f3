"""The process of a live bot that runs one loop when it is told to, and reports what the loop cost.

    python benchmarks/bot_process.py --config CONFIG --strategy STRATEGY ...     (arguments of `freqtrade trade`)

Each line on stdin is a command, a word and perhaps a number; each answer is a line of JSON on stdout:

    loop            run one loop
    room N          let the bot hold N positions
    trades          say how many positions it holds
    lock PAIR       enter no position of a pair for the rest of the day
    profile FILE    collect a profile from here on; it is written to FILE at the end
"""

import cProfile
import gc
import json
import logging
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bot_counters import Calls, Database, Decisions
from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.persistence import Trade
from freqtrade.worker import Worker


class BotProcess:
    """A bot, and what is counted in its process."""

    def __init__(self, arguments: list[str]) -> None:
        """Start the bot as `freqtrade trade` does."""
        parsed = Arguments(arguments).get_parsed_arg()
        self._database = Database()
        self._worker = Worker(parsed, dict(Configuration(parsed, None).get_config()))
        self._worker.freqtrade.startup()
        self._decisions = Decisions()
        self._calls = Calls(self._worker.freqtrade.exchange)
        self._profile: tuple[cProfile.Profile, str] | None = None
        logging.disable(logging.INFO)

    def loop(self) -> dict[str, Any]:
        """Run one loop as the worker does, without the pause after it."""
        self._database.take()
        self._decisions.take()
        gc.collect()
        profile = self._profile[0] if self._profile else None
        self._calls.begin_loop()
        if profile is not None:
            profile.enable()
        seconds, cpu_seconds = time.perf_counter(), time.process_time()
        self._worker._process_running()  # noqa: SLF001 (what the worker calls)
        cpu_seconds, seconds = time.process_time() - cpu_seconds, time.perf_counter() - seconds
        self._calls.end_loop()
        if profile is not None:
            profile.disable()
        measured = {"cpu_seconds": cpu_seconds, "seconds": seconds, "decisions_us": self._decisions.take()}
        return {**measured, "calls": self._calls.stamps, **self._database.take()}

    def obey(self, command: str) -> dict[str, Any]:
        """Do what a line says, and return the answer."""
        word, _, value = command.strip().partition(" ")
        if word == "loop":
            return self.loop()
        if word == "room":
            self._worker.freqtrade.config["max_open_trades"] = int(value)
        elif word == "lock":
            self._worker.freqtrade.strategy.lock_pair(value, datetime.now(UTC) + timedelta(days=1))
        elif word == "trades":
            return {"trades": len(Trade.get_open_trades())}
        elif word == "profile":
            self._profile = (cProfile.Profile(), value)
        else:
            raise ValueError(f"the command was {command!r}: it must be loop, room, lock, trades or profile")
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

"""What robustop reported during a rehearsal: the messages that it sent through Freqtrade."""

import re
from pathlib import Path

SENT = re.compile(r"Sending rpc strategy_msg: robustop: (.*)")


def messages_of(log: Path) -> tuple[str, ...]:
    """Return the messages in a bot's log, each once, in order."""
    if not log.exists():
        return ()
    found = (SENT.search(line) for line in log.read_text(encoding="utf-8", errors="replace").splitlines())
    return tuple(dict.fromkeys(match[1].strip() for match in found if match))

"""Remembers that the trade database failed in this loop, so that no later request waits for its time-out again."""


class DatabaseHealth:
    """The condition of the trade database in the current loop of a bot.

    With a locked SQLite database, each write takes five seconds to fail, while reads still work. After the first failed
    read or write, a loop attempts no more of that kind, so that the stops of all other positions are checked in time.

    Attributes:
        reads_failed: True if a read has failed in this loop.
        writes_failed: True if a write has failed in this loop.
    """

    def __init__(self) -> None:
        """Start with a healthy database."""
        self.new_loop()

    def new_loop(self) -> None:
        """Allow reads and writes again at the start of a loop."""
        self.reads_failed = False
        self.writes_failed = False


class DatabaseSilent(Exception):
    """A read was skipped: the trade database has failed in this loop, and the next loop tries again."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("the trade database failed in this loop; the next loop tries again")

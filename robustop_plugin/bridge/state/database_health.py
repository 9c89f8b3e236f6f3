"""Whether the trade database answers: while it is locked, each further request waits for its whole time-out again."""


class DatabaseHealth:
    """What is known of the trade database in the current loop of a bot.

    A locked SQLite database costs five seconds a write, and is still read. After the first failure nothing more of that
    kind is asked in that loop, so that the stops of all other positions are looked at in time.

    Attributes:
        reads_failed: a read has failed in this loop.
        writes_failed: a write has failed in this loop.
    """

    def __init__(self) -> None:
        """Start with a database that answers."""
        self.new_loop()

    def new_loop(self) -> None:
        """Try again: a loop has begun."""
        self.reads_failed = False
        self.writes_failed = False


class DatabaseSilent(Exception):
    """The trade database has failed in this loop and is not asked again before the next one."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the trade database failed in this loop; it is asked again in the next one")

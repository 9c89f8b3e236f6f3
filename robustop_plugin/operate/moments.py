"""Times of Freqtrade's database, which are UTC without saying so."""

from datetime import UTC, datetime


def seconds(moment: datetime | None) -> float | None:
    """Return a time of the database in seconds since the epoch; None if there is none."""
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()


def milliseconds(moment: datetime) -> int:
    """Return a time of the database in milliseconds since the epoch, as the bot identifies trades by it."""
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)

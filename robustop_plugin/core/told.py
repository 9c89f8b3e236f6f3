"""Which messages about a trade were sent, and their form as plain data."""

from typing import Any, NamedTuple, Self


class Told(NamedTuple):
    """The messages about a trade.

    Attributes:
        events: names of the events that are not reported again.
        unsure: True if the last messages may not have left the process yet.
    """

    events: tuple[str, ...] = ()
    unsure: bool = False

    def with_event(self, name: str | None, *, is_sent: bool) -> Self:
        """Return this with an event, and with its message if that is sent; without a name, it cannot come twice."""
        events = self.events if name is None else (*self.events, name)
        return self._replace(events=events, unsure=self.unsure or is_sent)


NOTHING_TOLD = Told()


def told_to_dict(told: Told) -> dict[str, Any]:
    """Return this as JSON-ready data."""
    return {"events": list(told.events), "unsure": told.unsure}


def told_from_dict(data: Any) -> Told:
    """Return what `told_to_dict` wrote. Anything else is nothing: no state is dropped because of its messages."""
    if not isinstance(data, dict) or not isinstance(data.get("events"), list):
        return NOTHING_TOLD
    return Told(tuple(str(name) for name in data["events"]), data.get("unsure") is True)

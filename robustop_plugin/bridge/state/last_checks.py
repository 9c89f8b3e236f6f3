"""What the last checks of an open trade saw, each kept in the record of the trade."""

from datetime import datetime
from typing import NamedTuple

from robustop_plugin.core.exit_reason import ExitReason


class RestingPart(NamedTuple):
    """A first entry that was filled in part and still rests.

    Attributes:
        order_id: Identifier of its order.
        looks: How often it was checked.
    """

    order_id: str
    looks: int


class RequestSnapshot(NamedTuple):
    """The exit that was requested for a trade at one time.

    Attributes:
        now: The time.
        price: The price that Freqtrade checked.
        requested: The first request in the order of the decision step; None if there was none.
    """

    now: datetime
    price: float
    requested: ExitReason | None


class BeyondStop(NamedTuple):
    """How long the price has been beyond a stop that should rest on the exchange.

    Attributes:
        now: Time of the last look.
        looks: Number of looks in a row.
    """

    now: datetime
    looks: int


class PriceSeen(NamedTuple):
    """The last price of a trade, as the portfolio values it.

    Attributes:
        price: In price; None if the trade was checked and the price was missing.
        seen_at: When the trade was checked; None in a bot, where only the last price matters.
    """

    price: float | None
    seen_at: datetime | None


class LookNoted(NamedTuple):
    """What a bot saw of a position in its last look at it.

    Attributes:
        loop: Number of the loop.
        seen_at: When, in seconds of a steady clock.
        price: The price at which it would be closed.
        stop: Freqtrade's stop, in price; None without one.
        rests: True if a stop order rested on the exchange; None where the bot checks the stop itself.
    """

    loop: int
    seen_at: float
    price: float
    stop: float | None
    rests: bool | None

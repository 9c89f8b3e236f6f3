"""Listing of a market at the loopback Binance: trading, halted, or to be delisted at a time."""

from dataclasses import dataclass

TRADING, HALTED = "TRADING", "BREAK"
SETTLING = "SETTLING"  # what futures call a market that no longer trades


@dataclass
class Listing:
    """Whether a market trades.

    Attributes:
        halted: True if it does not trade now.
        ends: announced time of its delisting, in milliseconds since the epoch; None if none is announced.
    """

    halted: bool = False
    ends: int | None = None

    def trades(self, now: int) -> bool:
        """Return True if orders are accepted at `now`."""
        return not self.halted and (self.ends is None or now < self.ends)

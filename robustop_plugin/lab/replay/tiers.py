"""The two ways in which the replay is compiled: quick to make, or quick to run. Both compute the same digits."""

import os
from enum import StrEnum

CODE = "ROBUSTOP_REPLAY_CODE"
"""Environment variable: `quick` or `full` code for every replay; otherwise a sweep chooses by its size."""

WORTH_FULL = 300_000_000
"""Settings times candles of all pairs from which a sweep has fully optimized code made.

Measured: quick code costs 25 ns more for each candle of each setting, and is made in 25 s less. Full code is kept for
all later sweeps, so it is made before a single sweep earns all of its price.
"""


class Tier(StrEnum):
    """How far compiled code is optimized.

    Attributes:
        QUICK: Hardly: the code is made in less than half the time, and runs several times slower.
        FULL: As far as the compiler can.
    """

    QUICK = "quick"
    FULL = "full"


def forced_tier() -> Tier | None:
    """Return the tier that the environment names; None if it names none, or one that does not exist."""
    named = os.environ.get(CODE)
    return next((tier for tier in Tier if tier == named), None)


def tier_for(settings: int, candles: int) -> Tier:
    """Return the tier that takes the least time.

    Args:
        settings: Number of settings to be replayed.
        candles: Number of candles of all pairs together.
    """
    return Tier.FULL if settings * candles > WORTH_FULL else Tier.QUICK

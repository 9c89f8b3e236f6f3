"""The exchange: its markets at one moment."""

import time
from collections.abc import Callable, Iterable

from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.refusal import unknown_symbol

Clock = Callable[[], int]


def real_time() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Section:
    """Spot or futures: markets that are always up to the moment they are asked for."""

    def __init__(self, instruments: Iterable[Instrument], clock: Clock) -> None:
        """Take the markets."""
        self._by_symbol = {instrument.market.symbol: instrument for instrument in instruments}
        self._clock = clock

    def all(self) -> list[Instrument]:
        """Return every market."""
        return [self.of(symbol) for symbol in self._by_symbol]

    def of(self, symbol: str) -> Instrument:
        """Return one market.

        Raises:
            Refusal: it is not listed.
        """
        if symbol not in self._by_symbol:
            raise unknown_symbol()
        instrument = self._by_symbol[symbol]
        instrument.catch_up(self._clock())
        return instrument


class Exchange:
    """All that the venue lists.

    Attributes:
        spot: its spot markets.
        futures: its perpetuals of USD-M futures.
    """

    def __init__(self, instruments: Iterable[Instrument], clock: Clock = real_time) -> None:
        """Take the markets and the clock, in milliseconds since the epoch."""
        listed = list(instruments)
        self._clock = clock
        self.spot = Section([one for one in listed if not one.market.settle], clock)
        self.futures = Section([one for one in listed if one.market.settle], clock)

    @property
    def now(self) -> int:
        """The time in milliseconds since the epoch."""
        return self._clock()

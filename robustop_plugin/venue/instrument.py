"""One market at work: its prices, its mark prices, its funding."""

from collections.abc import Callable

from robustop_plugin.venue.decimals import on_grid_one
from robustop_plugin.venue.funding import Funding
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.replay import Player
from robustop_plugin.venue.tape import Tape

TURNOVER = 1000.0  # of a tick, in the quote currency


class Instrument:
    """A listed market and what it trades at.

    Attributes:
        market: as it is listed.
        tape: the prices of its trades.
        mark: the mark prices of a perpetual; of spot, the same tape.
        funding: of a perpetual; unused for spot.
        player: moves the price in a replay; None where control calls do.
        on_trade: called with time and price of each trade, after the tapes have it.
    """

    def __init__(
        self,
        market: Market,
        tape: Tape,
        mark: Tape | None = None,
        funding: Funding | None = None,
        player: Player | None = None,
    ) -> None:
        """Put the parts together."""
        self.market = market
        self.tape = tape
        self.mark = mark or tape
        self.funding = funding or Funding(tape.begins or 0)
        self.player = player
        self.on_trade: Callable[[int, float], None] | None = None

    @property
    def bid(self) -> float | None:
        """What a buyer offers: the last price."""
        return self.tape.last

    @property
    def ask(self) -> float | None:
        """What a seller wants: one tick above the last price."""
        return None if self.tape.last is None else self.at(self.tape.last, ticks=1)

    def at(self, price: float, ticks: int = 0) -> float:
        """Return the price on the grid that is `ticks` above a price."""
        return on_grid_one(price + ticks * self.market.tick_size, self.market.tick_size)

    def move(self, now: int, price: float) -> None:
        """Trade once at `price`, rounded to the tick."""
        rounded = self.at(price)
        self._trade(now, rounded, on_grid_one(TURNOVER / rounded, self.market.step_size))

    def catch_up(self, now: int) -> None:
        """Bring the tapes up to `now`."""
        for tick in self.player.until(now) if self.player is not None else ():
            self._trade(tick.time, tick.price, tick.volume)
        self.tape.roll(now)
        self.mark.roll(now)

    def _trade(self, time: int, price: float, volume: float) -> None:
        self.tape.tick(time, price, volume)
        if self.mark is not self.tape:
            self.mark.tick(time, price, volume)
        if self.on_trade is not None:
            self.on_trade(time, price)

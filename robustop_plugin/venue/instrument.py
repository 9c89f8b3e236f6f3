"""A market of the loopback Binance at run time: prices, mark prices and funding."""

from collections.abc import Callable
from copy import deepcopy

from robustop_plugin.venue.decimals import on_grid_one
from robustop_plugin.venue.funding import Funding
from robustop_plugin.venue.limits import limits_of
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.replay import Player
from robustop_plugin.venue.tape import Tape

TURNOVER = 1000.0  # of a trade by control call, in the quote currency


class Instrument:
    """A listed market and its prices.

    Attributes:
        market: the listing.
        tape: trade prices.
        mark: mark prices of a perpetual; the trade tape for spot.
        funding: funding rates of a perpetual; unused for spot.
        player: moves the price in a replay; None if control calls move it.
        limits: numbers of the order filters.
        on_trade: called with the time (ms since the epoch) and price of each trade, once the tapes contain it.
        on_mark: called with the time of each change of the mark price without a trade.
    """

    def __init__(
        self,
        market: Market,
        tape: Tape,
        mark: Tape | None = None,
        funding: Funding | None = None,
        player: Player | None = None,
    ) -> None:
        """Combine a market with its tapes, funding and player."""
        self.market = market
        self.tape = tape
        self.mark = mark or tape
        self.funding = funding or Funding(tape.begins or 0)
        self.player = player
        self.limits = limits_of(market)
        self.on_trade: list[Callable[[int, float], None]] = []
        self.on_mark: list[Callable[[int], None]] = []

    @property
    def bid(self) -> float | None:
        """The best bid: the last price; None before the first trade."""
        return self.tape.last

    @property
    def ask(self) -> float | None:
        """The best ask: one tick above the last price; None before the first trade."""
        return None if self.tape.last is None else self.at(self.tape.last, ticks=1)

    def at(self, price: float, ticks: int = 0) -> float:
        """Return the price `ticks` above a price, rounded to the tick size."""
        return on_grid_one(price + ticks * self.market.tick_size, self.market.tick_size)

    def move(self, now: int, price: float) -> None:
        """Trade once at `price`, rounded to the tick size."""
        rounded = self.at(price)
        self._trade(now, rounded, on_grid_one(TURNOVER / rounded, self.market.step_size))

    def move_mark(self, now: int, price: float) -> None:
        """Change the mark price alone, rounded to the tick size; the next trade changes it again."""
        if self.mark is self.tape:
            self.mark = deepcopy(self.tape)
        self.mark.tick(now, self.at(price), 0.0)
        for listener in self.on_mark:
            listener(now)

    def catch_up(self, now: int) -> None:
        """Play the replay's trades and extend the tapes up to `now`."""
        for tick in self.player.until(now) if self.player is not None else ():
            self._trade(tick.time, tick.price, tick.volume)
        self.tape.roll(now)
        self.mark.roll(now)

    def _trade(self, time: int, price: float, volume: float) -> None:
        self.tape.tick(time, price, volume)
        if self.mark is not self.tape:
            self.mark.tick(time, price, volume)
        for listener in self.on_trade:
            listener(time, price)

"""A market of the loopback Binance at run time: prices, mark prices, funding and listing."""

from collections import deque
from collections.abc import Callable
from copy import deepcopy

from robustop_plugin.venue.decimals import on_grid_one
from robustop_plugin.venue.funding import Funding
from robustop_plugin.venue.limits import limits_of
from robustop_plugin.venue.listing import Listing
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.replay import Player, Tick
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
        path: trades that control calls have scheduled, oldest first.
        spread: ask less bid, in ticks.
        listing: whether it trades, and until when.
        limits: numbers of the order filters.
        on_trade: called with the time (ms since the epoch) and price of each trade, once the tapes contain it.
        on_end: called with the time at which the market was delisted.
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
        self.path: deque[Tick] = deque()
        self.spread = 1
        self.listing = Listing()
        self.limits = limits_of(market)
        self.on_trade: list[Callable[[int, float], None]] = []
        self.on_end: list[Callable[[int], None]] = []
        self.on_mark: list[Callable[[int], None]] = []

    @property
    def bid(self) -> float | None:
        """The best bid: the last price less half the spread, in whole ticks; None before the first trade."""
        return self._offer(-(self.spread // 2))

    @property
    def ask(self) -> float | None:
        """The best ask: the bid plus the spread, which is one tick at first; None before the first trade."""
        return self._offer(self.spread - self.spread // 2)

    def _offer(self, ticks: int) -> float | None:
        return None if self.tape.last is None else self.at(self.tape.last, ticks)

    def at(self, price: float, ticks: int = 0) -> float:
        """Return the price `ticks` above a price, rounded to the tick size."""
        return on_grid_one(price + ticks * self.market.tick_size, self.market.tick_size)

    def move(self, now: int, price: float) -> None:
        """Trade once at `price`, rounded to the tick size."""
        tick = self.tick(now, price)
        self._trade(tick.time, tick.price, tick.volume)

    def tick(self, time: int, price: float) -> Tick:
        """Return a trade at `price`, rounded to the tick size."""
        rounded = self.at(price)
        return Tick(time, rounded, on_grid_one(TURNOVER / rounded, self.market.step_size))

    def move_mark(self, now: int, price: float) -> None:
        """Change the mark price alone, rounded to the tick size; the next trade changes it again."""
        if self.mark is self.tape:
            self.mark = deepcopy(self.tape)
        self.mark.tick(now, self.at(price), 0.0)
        for listener in self.on_mark:
            listener(now)

    def catch_up(self, now: int) -> None:
        """Play the replay's and the scheduled trades, and extend the tapes up to `now`."""
        for tick in self.player.until(now) if self.player is not None else ():
            self._trade(tick.time, tick.price, tick.volume)
        while self.path and self.path[0].time <= now:
            tick = self.path.popleft()
            self._trade(tick.time, tick.price, tick.volume)
        self.tape.roll(now)
        self.mark.roll(now)
        if self.listing.ends is not None and now >= self.listing.ends:
            for listener in self.on_end:
                listener(self.listing.ends)

    def _trade(self, time: int, price: float, volume: float) -> None:
        self.tape.tick(time, price, volume)
        if self.mark is not self.tape:
            self.mark.tick(time, price, volume)
        for listener in self.on_trade:
            listener(time, price)

"""The facts of one look at a bot: what its database, its exchange and the bot itself say, and what would be right."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from robustop_plugin.core.side import LONG, better
from robustop_plugin.operate.bot_view import BotView
from robustop_plugin.operate.exchange.account import Account, OpenOrder
from robustop_plugin.operate.trade_view import TradeView
from robustop_plugin.settings import RobustopBlock, Settings

SAME_TICKS = 1.25
"""How far rounding may put a stop order from the stop, in ticks."""
SAME_SHARE = 1e-9
"""How far, as a share of the price, where the ticks of a market are not known."""
BUY, SELL = "buy", "sell"


DEFAULTS = Settings(RobustopBlock(), {})


class Terms(NamedTuple):
    """What is right for a bot. Times are in seconds.

    Attributes:
        stops_rest: True if its stops rest on the exchange, False if the bot checks them; None if that is not known.
        loop: how long a loop takes: the bot is given two loops to mend something.
        settings: the settings of robustop: how long the gate may hold back a move, and what engines there are.
        own_gate: how long Freqtrade holds back moves of the strategy's own stops.
        silent: for how long the bot may be silent.
        stale: for how long a pair may be without a trade.
        resting: for how long a partial exit may rest.
        stake_currency: the currency of the stakes; None if unknown.
    """

    stops_rest: bool | None = None
    loop: float = 5.0
    settings: Settings = DEFAULTS
    own_gate: float = 60.0
    silent: float = 60.0
    stale: float = 300.0
    resting: float = 60.0
    stake_currency: str | None = None

    @property
    def two_loops(self) -> float:
        """The time of two loops."""
        return 2 * self.loop

    def interval(self, pair: str) -> float:
        """Return how long the gate may hold back a move of a pair's stops."""
        return self.settings.for_pair(pair).gate.min_interval_s


class OpenBreaker(NamedTuple):
    """A breaker that was opened and not closed since.

    Attributes:
        opened_at: when, in seconds since the epoch.
        reason: why, as the audit says it.
    """

    opened_at: float
    reason: str


class Look(NamedTuple):
    """One look.

    Attributes:
        at: when, in seconds since the epoch.
        trades: the open trades.
        closed: trades that were closed lately, the last one first.
        bot: what the bot says.
        terms: what is right.
        account: what the exchange says; None if it was not asked, or did not answer.
        is_dry_run: True if nothing of this bot is on the exchange.
        breakers: the breakers that are open, by number of the trade.
        pairs: the pairs that the bot trades or has traded.
    """

    at: float
    trades: tuple[TradeView, ...]
    closed: tuple[TradeView, ...]
    bot: BotView
    terms: Terms
    account: Account | None = None
    is_dry_run: bool = False
    breakers: Mapping[int, OpenBreaker] = {}
    pairs: frozenset[str] = frozenset()

    @property
    def positions(self) -> tuple[TradeView, ...]:
        """The open trades that hold something."""
        return tuple(trade for trade in self.trades if trade.holds)

    @property
    def stops_rest(self) -> bool:
        """True if stops rest on the exchange; if nobody says so, once the bot has sent one."""
        if self.is_dry_run:
            return False
        if self.terms.stops_rest is not None:
            return self.terms.stops_rest
        return any(trade.last_stop_order is not None for trade in (*self.trades, *self.closed))

    @property
    def has_gate(self) -> bool:
        """True if robustop's gate may hold back moves: where stops rest on the exchange, in a dry run as well."""
        return self.stops_rest if self.terms.stops_rest is None else self.terms.stops_rest

    def price(self, trade: TradeView) -> float | None:
        """Return the price of a trade; None if the exchange was not asked for it."""
        price = None if self.account is None else self.account.prices.get(trade.pair)
        return None if price is None else price.last

    def with_stops(self) -> Iterator[tuple[TradeView, tuple[OpenOrder, ...]]]:
        """Yield each position whose stops should rest, and do, on the exchange, with those that wait there."""
        if self.account is None or self.is_dry_run or not self.account.lists_stops:
            return
        for trade in self.positions:
            stops = self.account.stops_of(trade.pair, exit_side(trade))
            if stops and self.stops_rest:
                yield trade, stops

    def is_same(self, trade: TradeView, price: float, other: float) -> bool:
        """Return True if two stops of a trade differ by rounding only."""
        market = None if self.account is None else self.account.markets.get(trade.pair)
        ticks = 0.0 if market is None else SAME_TICKS * market.tick
        return abs(price - other) <= max(ticks, SAME_SHARE * abs(other))


def exit_side(trade: TradeView) -> str:
    """Return the side of the orders that close a trade."""
    return SELL if trade.side == LONG else BUY


def counted(trade: TradeView) -> float:
    """Return what a trade holds, with what its open orders have bought and sold already, in base currency."""
    signs = [(1 if order.side != exit_side(trade) else -1, order.filled) for order in trade.orders if order.is_open]
    return trade.amount + sum(sign * filled for sign, filled in signs)


def stop_to_rest(trade: TradeView) -> float | None:
    """Return where the stop order of a trade belongs: Freqtrade sends the liquidation price if that is nearer."""
    stop = trade.stop
    if stop is None or trade.liquidation is None:
        return stop
    return better(trade.side, stop, trade.liquidation)


def gain_in_r(trade: TradeView, price: float) -> float | None:
    """Return a price as a multiple of R; None without a state."""
    return trade.side * (price - trade.entry) / trade.risk if trade.risk else None

"""The open trades of a bot at one moment: what protects each, where its stop is and why, and what comes next."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from robustop_plugin.operate.bot_api import BotApi
from robustop_plugin.operate.costs import Result, result_at
from robustop_plugin.operate.outlook import Outlook, Prospect
from robustop_plugin.operate.prices import Prices, PriceSeen, prices_of
from robustop_plugin.operate.protection import By, Protection, protection_of, sentence
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.settings_in_force import SettingsInForce, settings_in_force
from robustop_plugin.operate.trade_view import TradeView


@dataclass(frozen=True, slots=True)
class Question:
    """Which trades are asked for, and what would happen where.

    Attributes:
        trade_id: only the trade of this number; None for any.
        pair: only trades of this pair; None for any.
        price: what would happen to them at this price; None to leave that out.
        percent: what would happen if each price moved by so many percent; None to leave that out.
    """

    trade_id: int | None = None
    pair: str | None = None
    price: float | None = None
    percent: float | None = None

    def asks_for(self, trade: TradeView) -> bool:
        """Return True if a trade is asked for."""
        return self.trade_id in (None, trade.number) and self.pair in (None, trade.pair)

    def price_for(self, seen: PriceSeen | None) -> float | None:
        """Return the price at which it is asked what would happen; None if that is not asked, or not known."""
        if self.price is not None or self.percent is None:
            return self.price
        return None if seen is None else seen.price * (1 + self.percent / 100)


@dataclass(frozen=True, slots=True)
class TradeStatus:
    """One open trade.

    Attributes:
        trade: the trade as the database has it.
        protection: whether it is protected, and by what.
        seen: its price; None if none is known.
        waiting: a stop that is decided and waits for the gate, or for a price above the entry; None if none does.
        coming: what comes next on the way up (for a short trade down); None if nothing does, or it is not known.
        sale: the next sale on the same way, a rung or a take profit; None likewise.
        then: what would happen at the price that was asked about; None if it is not asked, or not known.
        locked_in: the result if its stop were hit; None if that is not known.
        then_result: the result if it were closed at the price that was asked about; None likewise.
    """

    trade: TradeView
    protection: Protection
    seen: PriceSeen | None = None
    waiting: float | None = None
    coming: Prospect | None = None
    sale: Prospect | None = None
    then: Prospect | None = None
    locked_in: Result | None = None
    then_result: Result | None = None

    def multiple_of(self, price: float | None) -> float | None:
        """Return the profit at a price in multiples of R; None if price or R is unknown."""
        risk, state = self.trade.risk, self.trade.state
        return (
            None if price is None or not risk or state is None else self.trade.side * (price - self.trade.entry) / risk
        )

    @property
    def r(self) -> float | None:
        """The profit at the current price in multiples of R; None if it is not known."""
        return self.multiple_of(None if self.seen is None else self.seen.price)

    @property
    def distance_percent(self) -> float | None:
        """How far the price is from the stop, in percent of the price, negative beyond it; None if not known."""
        stop = self.trade.stop
        if self.seen is None or stop is None:
            return None
        return self.trade.side * (self.seen.price - stop) / self.seen.price * 100

    @property
    def distance_r(self) -> float | None:
        """The same in multiples of R."""
        at_price, at_stop = self.r, self.multiple_of(self.trade.stop)
        return None if at_price is None or at_stop is None else at_price - at_stop


@dataclass(frozen=True, slots=True)
class Status:
    """The open trades at one moment.

    Attributes:
        now: the moment, in seconds since the epoch.
        trades: the trades that were asked for, oldest first.
        prices: where prices come from.
        settings: the settings of the bot.
        question: what was asked.
    """

    now: float
    trades: tuple[TradeStatus, ...]
    prices: Prices = field(default_factory=Prices)
    settings: SettingsInForce = field(default_factory=SettingsInForce)
    question: Question = field(default_factory=Question)

    @property
    def is_protected(self) -> bool:
        """True if everything that is held is protected."""
        return all(status.protection.is_protected for status in self.trades)

    @property
    def sentence(self) -> str:
        """Is everything protected right now, in one sentence."""
        heartbeat = None if self.prices.bot is None else self.prices.bot.heartbeat
        return sentence([(status.trade, status.protection) for status in self.trades], heartbeat)


def look(engine: sa.Engine, api: BotApi | None, now: float, question: Question) -> Status:
    """Return the open trades of a bot now.

    Args:
        engine: of its trade database.
        api: its API; None if it has none.
        now: the time, in seconds since the epoch.
        question: which trades are asked for, and what would happen where.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    trades = [trade for trade in read_open_trades(engine) if question.asks_for(trade)]
    settings = settings_in_force(engine)
    prices = prices_of(trades, now, api)
    found = tuple(_status(trade, prices, settings, now, question) for trade in trades)
    return Status(now, found, prices, settings, question)


def _status(trade: TradeView, prices: Prices, known: SettingsInForce, now: float, question: Question) -> TradeStatus:
    seen = prices.of(trade)
    heartbeat = None if prices.bot is None else prices.bot.heartbeat
    protection = protection_of(trade, seen, heartbeat, on_exchange=known.on_exchange)
    locked_in = None if trade.stop is None else result_at(trade, trade.stop)
    price = question.price_for(seen)
    result = None if price is None else result_at(trade, price)
    if known.settings is None or trade.state is None or not trade.holds:
        return TradeStatus(trade, protection, seen, locked_in=locked_in, then_result=result)
    outlook = Outlook(trade, trade.state, known.settings.for_pair(trade.pair), now)
    start = seen.price if seen is not None else trade.best or trade.entry
    then = None if price is None else outlook.at(price, on_exchange=protection.by is By.EXCHANGE)
    coming, sale = outlook.next_change(start), outlook.next_sale(start)
    return TradeStatus(trade, protection, seen, outlook.waiting, coming, sale, then, locked_in, result)

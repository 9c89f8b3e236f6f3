"""Whole loops of Freqtrade's own bot, on an exchange where orders rest; it may die and restart at any moment.

Entries are made by `execute_entry`, fills are found by `manage_open_orders` and, after a restart, by
`startup_update_open_orders`. Rates, candles and the time come from the test.
"""

from datetime import UTC, datetime
from functools import cache
from threading import RLock
from typing import Any, ClassVar
from unittest.mock import MagicMock

from freqtrade.enums import CandleType, MarginMode, RunMode, State, TradingMode
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Order, Trade
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper
from pandas import DataFrame, date_range

from tests.support.hand_candles import STEP, Hand
from tests.support.host import Host
from tests.support.order_book import MINUTE, Book, Clock

FREE = ("get_free", "get_used", "get_available_stake_amount", "get_starting_balance", "get_owned", "get_total")
CANDLES = 40


@cache
def candles_of(price: float, span: float, last: int) -> DataFrame:
    """Return candles that all have the range `span`, so that every ATR of them is exactly `span`."""
    end = datetime.fromtimestamp(last, tz=UTC)
    frame = DataFrame({"date": date_range(end=end, periods=CANDLES, freq=STEP)})
    frame["open"] = frame["close"] = float(price)
    frame["high"], frame["low"], frame["volume"] = price + span / 2, price - span / 2, 1000.0
    frame["signal"] = 0
    return frame


class Rests(Hand):
    """A strategy whose orders the test cancels, replaces or adds to.

    Attributes:
        gives_up: cancel every resting order in the next loop.
        price: new price of a resting order in the next loop; None keeps the price.
        buys: stake to add at the next position check.
        factor: leverage on futures.
    """

    position_adjustment_enable = True
    can_short = False
    gives_up = False
    price: float | None = None
    buys = 0.0
    factor = 1.0
    order_types: ClassVar[dict[str, Any]] = {
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "emergency_exit": "market",
        "force_exit": "market",
        "stoploss_on_exchange": False,
    }

    def leverage(self, **kwargs: Any) -> float:
        """Return the test's leverage."""
        return self.factor

    def check_entry_timeout(self, *args: Any, **kwargs: Any) -> bool:
        """Time out if the test says so, else as robustop does."""
        return self.gives_up or bool(super().check_entry_timeout(*args, **kwargs))

    def check_exit_timeout(self, *args: Any, **kwargs: Any) -> bool:
        """Time out if the test says so, else as robustop does."""
        return self.gives_up or bool(super().check_exit_timeout(*args, **kwargs))

    def adjust_order_price(self, *, current_order_rate: float, **kwargs: Any) -> float:
        """Move a resting order to the test's price."""
        return current_order_rate if self.price is None else self.price

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy the test's stake if robustop sells nothing."""
        stake, self.buys = self.buys, 0.0
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        return ours or (stake if stake > 0 and not trade.has_open_orders else None)


class RestingBot:
    """One process of the bot, from start to exit.

    Attributes:
        book: the exchange.
        span: range of each candle, for the pairs that are analyzed; None if there are no candles yet.
        adjusts: check positions, as with `position_adjustment_enable`.
    """

    def __init__(
        self, host: Host, book: Book, strategy: type[Rests] = Rests, *, live: bool = True, sink: Any = None, **over: Any
    ) -> None:
        """Start the process; resting orders are not checked yet."""
        self.host, self.book, self.exchange = host, book, host.exchange
        mode = RunMode.LIVE if live else RunMode.DRY_RUN
        self.strategy = host.start(strategy, runmode=mode, dry_run=not live, **over)
        if sink is not None and hasattr(self.strategy, "_robustop"):
            self.strategy._robustop.recorder.sink = sink
        bot = self.bot = FreqtradeBot.__new__(FreqtradeBot)
        bot.config, bot.strategy, bot.exchange = self.strategy.config, self.strategy, self.exchange
        bot.rpc, bot.handle_protections, bot.protections = MagicMock(), MagicMock(), MagicMock()
        self.pay(bot)
        futures = self.exchange.trading_mode == TradingMode.FUTURES
        bot.trading_mode = TradingMode.FUTURES if futures else TradingMode.SPOT
        bot.margin_mode = MarginMode.ISOLATED if futures else MarginMode.NONE
        bot._exit_lock = RLock()
        bot.state, bot._exit_reason_cache, bot.dataprovider = State.RUNNING, {}, self.strategy.dp
        self.candle_type = CandleType.FUTURES if futures else CandleType.SPOT

    @staticmethod
    def pay(bot: FreqtradeBot) -> None:
        """Give the bot a large balance."""
        bot.wallets = MagicMock()
        for name in FREE:
            getattr(bot.wallets, name).return_value = 1_000_000.0
        bot.wallets.validate_stake_amount = lambda **asked: asked["stake_amount"]
        bot.wallets.check_exit_amount.return_value = True

    def startup(self) -> None:
        """Do what Freqtrade's `startup` does with trades: stops, and orders that were filled meanwhile."""
        with self.book.behind(self.exchange):
            Trade.stoploss_reinitialization(self.strategy.stoploss)
            self.bot.startup_update_open_orders()
            Trade.commit()

    def analyze(self, pair: str, span: float, price: float = 100.0) -> None:
        """Deliver and analyze candles of a pair, the last one just closed."""
        step = int(STEP.total_seconds())
        last = (int(Clock.moment.timestamp()) // step - 1) * step
        self.feed(pair, candles_of(price, span, last).copy())

    def feed(self, pair: str, frame: DataFrame) -> None:
        """Deliver and analyze these candles of a pair."""
        frame = self.strategy.advise_indicators(frame, {"pair": pair})
        for name in ("enter_long", "enter_short", "exit_long", "exit_short"):
            frame[name] = 0
        self.strategy.dp._set_cached_df(pair, self.strategy.timeframe, frame, self.candle_type)

    def enter(self, pair: str, price: float, stake: float = 1000.0, *, short: bool = False) -> Trade:
        """Place a limit entry, as a signal or `/forceenter` does."""
        with self.book.behind(self.exchange):
            assert self.bot.execute_entry(pair, stake, price, is_short=short)
        Trade.commit()
        return max(Trade.get_open_trades(), key=lambda trade: trade.id)

    def loop(self, rate: float | None = None, **rates: float) -> None:
        """Run one loop of Freqtrade's `process` after its candle refresh, a minute after the last loop."""
        self.book.rate = self.book.rate if rate is None else rate
        self.book.rates.update(rates)
        Clock.moment += MINUTE
        with self.book.behind(self.exchange):
            self.bot.update_trades_without_assigned_fees()
            strategy_safe_wrapper(self.strategy.bot_loop_start, supress_error=True)(current_time=Clock.moment)
            # The candles are already delivered; robustop must still notice a new loop here.
            self.strategy.analyze([])
            self.bot.manage_open_orders()
            self.bot.exit_positions(Trade.get_open_trades())
            Trade.commit()
            if self.strategy.position_adjustment_enable:
                self.bot.process_open_trade_positions()
            Trade.commit()
        self.strategy.gives_up, self.strategy.price, self.book.new_candle = False, None, False

    def replace(self, price: float) -> None:
        """Make the next loop move the resting order to another price."""
        self.strategy.price, self.book.new_candle = price, True

    def fill(self, order: Order, amount: float | None = None, average: float | None = None) -> None:
        """Fill a resting order up to an amount; the bot finds out by itself."""
        self.book.fill(order.order_id, amount, average)


def resting(trade: Trade) -> Order:
    """Return the only resting order of a trade."""
    (order,) = [order for order in trade.orders if order.ft_is_open]
    return order


def state_of(bot: RestingBot, trade: Trade) -> Any:
    """Return the strategy's state of a trade, or None."""
    return bot.strategy._robustop.store.get(trade)

"""The host's own bot, whole loops of it, on an exchange where orders rest; it may die and start again at any moment.

Entries are made by `execute_entry`, fills are found by `manage_open_orders`, after a restart by
`startup_update_open_orders`. Rates, candles and the time are the test's.
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
    """Return candles that all reach `span` from low to high, so that every ATR of them is exactly that."""
    end = datetime.fromtimestamp(last, tz=UTC)
    frame = DataFrame({"date": date_range(end=end, periods=CANDLES, freq=STEP)})
    frame["open"] = frame["close"] = float(price)
    frame["high"], frame["low"], frame["volume"] = price + span / 2, price - span / 2, 1000.0
    frame["signal"] = 0
    return frame


class Rests(Hand):
    """A strategy of which the test decides when an order is given up, replaced, or added to.

    Attributes:
        gives_up: every resting order at the next loop.
        price: to which a resting order is moved at the next loop; None for staying.
        buys: stake to buy more for at the next look at positions.
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
        """Take the leverage of the test."""
        return self.factor

    def check_entry_timeout(self, *args: Any, **kwargs: Any) -> bool:
        """Give up what the test gives up, else what robustop does."""
        return self.gives_up or bool(super().check_entry_timeout(*args, **kwargs))

    def check_exit_timeout(self, *args: Any, **kwargs: Any) -> bool:
        """Give up what the test gives up, else what robustop does."""
        return self.gives_up or bool(super().check_exit_timeout(*args, **kwargs))

    def adjust_order_price(self, *, current_order_rate: float, **kwargs: Any) -> float:
        """Move a resting order to where the test wants it."""
        return current_order_rate if self.price is None else self.price

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy what the test buys where robustop sells nothing."""
        stake, self.buys = self.buys, 0.0
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        return ours or (stake if stake > 0 and not trade.has_open_orders else None)


class RestingBot:
    """One life of the bot's process.

    Attributes:
        book: the exchange.
        span: from low to high of each candle, for the pairs that are analyzed; None: no candles have come.
        adjusts: positions are looked at, as with `position_adjustment_enable`.
    """

    def __init__(
        self, host: Host, book: Book, strategy: type[Rests] = Rests, *, live: bool = True, sink: Any = None, **over: Any
    ) -> None:
        """Start the process; what rests is not looked at yet."""
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
        """Give the bot enough of everything."""
        bot.wallets = MagicMock()
        for name in FREE:
            getattr(bot.wallets, name).return_value = 1_000_000.0
        bot.wallets.validate_stake_amount = lambda **asked: asked["stake_amount"]
        bot.wallets.check_exit_amount.return_value = True

    def startup(self) -> None:
        """Do what the host's `startup` does with trades: the stop in force, and orders that were filled meanwhile."""
        with self.book.behind(self.exchange):
            Trade.stoploss_reinitialization(self.strategy.stoploss)
            self.bot.startup_update_open_orders()
            Trade.commit()

    def analyze(self, pair: str, span: float, price: float = 100.0) -> None:
        """Let candles of a pair come in and be analyzed, the last one just closed."""
        step = int(STEP.total_seconds())
        last = (int(Clock.moment.timestamp()) // step - 1) * step
        self.feed(pair, candles_of(price, span, last).copy())

    def feed(self, pair: str, frame: DataFrame) -> None:
        """Let these candles of a pair come in and be analyzed."""
        frame = self.strategy.advise_indicators(frame, {"pair": pair})
        for name in ("enter_long", "enter_short", "exit_long", "exit_short"):
            frame[name] = 0
        self.strategy.dp._set_cached_df(pair, self.strategy.timeframe, frame, self.candle_type)

    def enter(self, pair: str, price: float, stake: float = 1000.0, *, short: bool = False) -> Trade:
        """Place an entry at a limit, as a signal or `/forceenter` does."""
        with self.book.behind(self.exchange):
            assert self.bot.execute_entry(pair, stake, price, is_short=short)
        Trade.commit()
        return max(Trade.get_open_trades(), key=lambda trade: trade.id)

    def loop(self, rate: float | None = None, **rates: float) -> None:
        """Run one loop of the host's `process`, after its candles have been refreshed; a minute later than the last."""
        self.book.rate = self.book.rate if rate is None else rate
        self.book.rates.update(rates)
        Clock.moment += MINUTE
        with self.book.behind(self.exchange):
            self.bot.update_trades_without_assigned_fees()
            strategy_safe_wrapper(self.strategy.bot_loop_start, supress_error=True)(current_time=Clock.moment)
            # The candles are there already; that this is a new loop is seen here too.
            self.strategy.analyze([])
            self.bot.manage_open_orders()
            self.bot.exit_positions(Trade.get_open_trades())
            Trade.commit()
            if self.strategy.position_adjustment_enable:
                self.bot.process_open_trade_positions()
            Trade.commit()
        self.strategy.gives_up, self.strategy.price, self.book.new_candle = False, None, False

    def replace(self, price: float) -> None:
        """Let the next loop move what rests to another price."""
        self.strategy.price, self.book.new_candle = price, True

    def fill(self, order: Order, amount: float | None = None, average: float | None = None) -> None:
        """Let an order that rests be filled up to an amount; the bot finds out by itself."""
        self.book.fill(order.order_id, amount, average)


def resting(trade: Trade) -> Order:
    """Return the only order of a trade that rests."""
    (order,) = [order for order in trade.orders if order.ft_is_open]
    return order


def state_of(bot: RestingBot, trade: Trade) -> Any:
    """Return what the strategy knows of a trade; None where it knows nothing."""
    return bot.strategy._robustop.store.get(trade)

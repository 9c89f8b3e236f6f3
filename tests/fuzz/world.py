"""A bot or a backtest with a handful of trades, some of them strange, whose callbacks are called in any order."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade, Order, Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from freqtrade.resolvers import ExchangeResolver
from pandas import DataFrame, date_range

from robustop_plugin import RobustopMixin
from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.hand_candles import PAIR, START, STEP, Signals
from tests.support.host import BASE, Host
from tests.support.trades import AMOUNT, order_of

MARKET = Market(PAIR, "HAND", "USDT", 0.01, 0.001)
TRADES = 6
SPEED = 0.05
"""Seconds that pass on the breaker's steady clock with each call: its pauses are part of what is tried."""

ENGINES: list[list[dict[str, Any]]] = [
    [{"name": "hand_span"}],
    [{"name": "hand_span", "adaptive": {"min_scale": 0.5}, "tighten": {"after_hours": 1, "lag": 0.5}}],
    [{"name": "hand_span", "portion": 0.35}],
    [{"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 1.5, "momentum_percent": 1.0}],
    [{"name": "atr_guard", "fees": True}],
    [{"name": "r_ladder", "rungs": [[0.5, 1.5], [2.0, 0.5]]}],
    [{"name": "bracket", "strategy": "volatility"}],
    [{"name": "r_ladder"}, {"name": "smart_trail", "breakeven_percent": 1.0}, {"name": "atr_guard"}],
]
STOPS: list[dict[str, Any]] = [
    {"kind": "percent", "percent": 2.0},
    {"kind": "atr"},
    {"kind": "swing"},
    {"kind": "column", "column": "mine"},
]


class Fuzzed(RobustopMixin, Signals):
    """The strategy with robustop alone."""


class PlainTrailing(Signals):
    """Freqtrade's own trailing stop."""

    trailing_stop = True
    trailing_stop_positive = 0.03
    trailing_stop_positive_offset = 0.05


class Trailing(RobustopMixin, PlainTrailing):
    """With Freqtrade's own trailing stop."""


class PlainOwnStop(Signals):
    """A `custom_stoploss` of its own that answers anything."""

    use_custom_stoploss = True
    answers: ClassVar[random.Random] = random.Random(0)  # noqa: S311 (a fuzz)

    def custom_stoploss(self, *args: Any, **kwargs: Any) -> float | None:
        """Return a ratio, or what is none."""
        return self.answers.choice([None, -0.05, -0.02, 0.5, float("nan"), float("inf"), -1e9, 0.0])


class OwnStop(RobustopMixin, PlainOwnStop):
    """With a `custom_stoploss` of its own."""


STRATEGIES = {Fuzzed: Signals, Trailing: PlainTrailing, OwnStop: PlainOwnStop}
"""The strategies, and each without robustop: what raises there as well is Freqtrade's own error."""


@contextmanager
def exchange(folder: Path) -> Iterator[Host]:
    """Yield Freqtrade with an exchange on this machine."""
    with Venue([MARKET]).serve() as url:
        config = {**BASE, **offline_overlay(url, [PAIR]), "datadir": folder, "user_data_dir": folder}
        connected = ExchangeResolver.load_exchange(config)
        yield Host(connected, config, folder)
        connected.close()


def block_of(draw: random.Random) -> dict[str, Any]:
    """Return settings."""
    return {
        "engines": deepcopy(draw.choice(ENGINES)),
        "initial_stop": dict(draw.choice(STOPS)),
        "partials": draw.choice([False, True]),
        "anchor": draw.choice(["price", "price", "candle"]),
        "breakeven": {"mode": draw.choice(["exact", "percent"])},
        "time_stop_hours": draw.choice([None, None, 2.0]),
        "max_drawdown_percent": draw.choice([None, 20.0]),
        "breaker": draw.choice([{"failures": 5, "cooldown_s": 1.0}, None]),
    }


class World:
    """A strategy and its trades.

    Attributes:
        draw: What everything is drawn from.
        is_live: True for a bot with a trade database in memory, False for a backtest.
        trades: The trades, open and closed.
        now: The time, which calls may contradict.
        price: The price, which calls may contradict.
    """

    def __init__(self, host: Host, draw: random.Random) -> None:
        """Start a bot or a backtest, and buy."""
        self.host, self.draw = host, draw
        self.is_live = draw.random() < 0.75
        PlainOwnStop.answers.seed(draw.random())
        self._begin_database()
        self.kind = draw.choice([Fuzzed, *STRATEGIES])
        on_exchange = self.is_live and draw.random() < 0.3
        self.over = {
            "robustop": block_of(draw),
            "runmode": RunMode.DRY_RUN if self.is_live else RunMode.BACKTEST,
            "export": "none",
            **({"order_types": ON_EXCHANGE} if on_exchange else {}),
        }
        self.now, self.price, self.calls, self.numbers = START, 100.0, 0, 0
        self.plain = host.start(STRATEGIES[self.kind], **self.over)
        self.start()
        self.trades: list[Any] = [self.buy() for _ in range(TRADES)]

    def _begin_database(self) -> None:
        LocalTrade.reset_trades()
        CustomDataWrapper.reset_custom_data()
        if self.is_live:
            Backtesting.cleanup()
            init_db("sqlite://")
        else:
            disable_database_use("5m")

    def end(self) -> None:
        """Leave Freqtrade's globals as they were."""
        if self.is_live:
            Trade.session.remove()
            _CustomData.session.remove()
            disable_database_use("5m")
        LocalTrade.reset_trades()
        CustomDataWrapper.reset_custom_data()
        Backtesting.cleanup()

    def start(self) -> None:
        """Start the strategy, or start it again with what the database has."""
        self.strategy = self.host.start(self.kind, **self.over)
        self.manager = self.strategy._robustop
        self.manager.recorder.sink = Nowhere()
        self.manager.breaker.clock = lambda: self.calls * SPEED
        self.analyze()

    def analyze(self) -> None:
        """Deliver candles up to now; some have no ATR, or no column of the strategy's."""
        candles = self.draw.choice([0, 5, 60])
        last = START + (self.now.astimezone(UTC) - START) // STEP * STEP - STEP
        close = [self.price * (1 + self.draw.uniform(-0.01, 0.01)) for _ in range(candles)]
        frame = DataFrame({"date": date_range(end=last, periods=candles, freq=STEP), "open": close})
        frame["high"], frame["low"], frame["close"], frame["volume"] = frame.open * 1.01, frame.open * 0.99, close, 1.0
        frame["signal"], frame["mine"] = 0, frame.open * 0.97
        if candles and self.draw.random() < 0.3:
            frame.loc[frame.index[-1], ["high", "low", "close"]] = float("nan")
        frame = self.strategy.advise_indicators(frame, {"pair": PAIR})
        for name in ("enter_long", "enter_short", "exit_long", "exit_short"):
            frame[name] = 0
        candle_type = self.strategy.config["candle_type_def"]
        self.strategy.dp._set_cached_df(PAIR, self.strategy.timeframe, frame, candle_type)

    def buy(self) -> Any:
        """Return a new trade: usual, or strange in one way."""
        draw, price, short = self.draw, round(self.price, 2), self.draw.random() < 0.3
        side = SHORT if short else LONG
        stop = round(price * (1 - side * 0.1), 2)
        known = draw.random() < 0.4
        of_all: dict[str, Any] = {
            "pair": PAIR,
            "base_currency": "HAND",
            "stake_currency": "USDT",
            "open_rate": price,
            "open_rate_requested": price,
            "open_date": self.now,
            "stake_amount": AMOUNT * price,
            "amount": AMOUNT,
            "amount_requested": AMOUNT,
            "fee_open": 0.001,
            "fee_close": 0.001,
            "is_open": True,
            "timeframe": 5,
            "exchange": "binance",
            "is_short": short,
            "leverage": draw.choice([1.0, 1.0, 3.0]) if short else 1.0,
            "amount_precision": 0.001,
            "price_precision": 0.01,
            "precision_mode": 4,
            "precision_mode_price": 4,
            "stop_loss": stop,
            "stop_loss_pct": -0.1,
            "initial_stop_loss": stop,
            "initial_stop_loss_pct": -0.1,
            "max_rate": price if known else None,
            "min_rate": price if known else None,
        }
        strange = draw.choice([{}] * 6 + STRANGE)
        orders = strange.get("orders", 1)
        values = {**of_all, **{name: value for name, value in strange.items() if name != "orders"}}
        self.numbers += 1
        trade = Trade(**values) if self.is_live else LocalTrade(id=self.numbers, orders=[], **values)
        for _ in range(orders):
            self.add_order(trade, trade.entry_side, price, AMOUNT)
        if self.is_live:
            Trade.session.add(trade)
            Trade.commit()
        elif values["is_open"]:
            LocalTrade.bt_trades_open.append(trade)
        return trade

    def add_order(self, trade: Any, side: str, price: float, amount: float, **over: Any) -> Order:
        """Add an order to a trade, filled unless told otherwise."""
        done = {"ft_is_open": False, "status": "closed", "filled": amount, "remaining": 0.0}
        number = {"id": None} if self.is_live else {}
        order = order_of(
            trade,
            price,
            amount,
            **{**number, **done, "ft_order_side": side, "side": side, "order_filled_date": self.now, **over},
        )
        if not self.is_live:
            order._trade_bt = trade
        trade.orders.append(order)
        return order

    def state_of(self, trade: Any) -> Any:
        """Return the state that is in memory."""
        return self.manager.open_trades.of(trade).state


ON_EXCHANGE = {
    "entry": "market",
    "exit": "market",
    "emergency_exit": "market",
    "force_exit": "market",
    "force_entry": "market",
    "stoploss": "limit",
    "stoploss_on_exchange": True,
    "stoploss_on_exchange_interval": 60,
}
STRANGE: list[dict[str, Any]] = [
    {"orders": 0},
    {"orders": 0, "amount": 0.0, "stake_amount": 0.0},
    {"amount": 0.0},
    {"amount": 0.0, "stake_amount": 0.0},
    {"price_precision": None, "precision_mode_price": None},
    {"is_open": False},
    {"stop_loss": 0.0, "stop_loss_pct": None, "initial_stop_loss": 0.0, "initial_stop_loss_pct": None},
    {"fee_open": 0.0, "fee_close": 0.0},
    {"orders": 3},
    {"open_rate": 1e-8, "stop_loss": 0.9e-8, "initial_stop_loss": 0.9e-8, "price_precision": 1e-10},
    {"liquidation_price": 95.0},
    {"stake_amount": 1e-9},
]
"""What is strange about a trade."""


class Nowhere:
    """An audit sink that forgets."""

    def write(self, record: Any) -> None:
        """Forget a record."""

    def flush(self) -> None:
        """Do nothing."""


HOUR = timedelta(hours=1)


def soon(draw: random.Random, now: datetime) -> datetime:
    """Return the next moment: seconds or minutes later."""
    return now + timedelta(seconds=draw.choice([0, 1, 5, 30, 300, 400]))

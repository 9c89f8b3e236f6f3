"""A backtest by Freqtrade in this process that records the stop in force at every candle."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple
from unittest.mock import patch

from freqtrade.enums import CandleType, RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

Entry = tuple[str, int, bool]
"""A trade by its pair, its open time in milliseconds, and its side (True for short)."""

BASE: dict[str, Any] = {
    "dry_run": True,
    "dry_run_wallet": 100_000,
    "stake_currency": "USDT",
    "stake_amount": 1000,
    "tradable_balance_ratio": 0.99,
    "max_open_trades": 12,
    "dataformat_ohlcv": "feather",
    "runmode": RunMode.BACKTEST,
    "export": "none",
    "fee": 0.001,
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes", "exit_timeout_count": 0},
}


class Stop(NamedTuple):
    """The stop of a trade at the end of Freqtrade's checks of a candle.

    Attributes:
        price: the stop in force.
        fills: how many orders of the trade were filled.
    """

    price: float
    fills: int


class Played(NamedTuple):
    """The result of a backtest.

    Attributes:
        trades: every exported field of every trade, in the order in which they closed.
        stops: for each entry, its stops by the candle's time in milliseconds.
        errors: messages of errors in the log, counted.
    """

    trades: list[dict[str, Any]]
    stops: dict[Entry, dict[int, Stop]]
    errors: dict[str, int]


class RecordingBacktesting(Backtesting):  # type: ignore[misc]
    """Freqtrade's backtester; it looks at a trade after the exit checks, whatever the strategy."""

    def _check_trade_exit(self, trade: LocalTrade, row: tuple[Any, ...], current_time: datetime) -> Any:
        result = super()._check_trade_exit(trade, row, current_time)
        fills = sum(not order.ft_is_open for order in trade.orders)
        when = int(current_time.timestamp() * 1000)
        self.stops.setdefault(_entry_of(trade), {})[when] = Stop(trade.stop_loss, fills)
        return result


def _entry_of(trade: LocalTrade) -> Entry:
    return trade.pair, int(trade.open_date_utc.timestamp() * 1000), bool(trade.is_short)


class Host(NamedTuple):
    """Freqtrade's exchange on this machine, and the configuration that belongs to it.

    Attributes:
        exchange: the real class.
        base: configuration; the timeframe, pairs, and time range are added for each run.
    """

    exchange: Exchange
    base: dict[str, Any]

    @property
    def futures(self) -> bool:
        """True for perpetuals."""
        return self.base["trading_mode"] == "futures"

    def config(self, **over: Any) -> dict[str, Any]:
        """Return a fresh configuration."""
        kind = CandleType.FUTURES if self.futures else CandleType.SPOT
        return deepcopy({**BASE, **self.base, "candle_type_def": kind, **over})

    def load(self, strategy: type[IStrategy], **over: Any) -> IStrategy:
        """Load a strategy as Freqtrade does, without the search for its file."""
        with _found(strategy):
            return StrategyResolver.load_strategy(self.config(strategy=strategy.__name__, **over))

    def play(self, strategy: type[IStrategy], pairs: tuple[str, ...], timerange: str, **over: Any) -> Played:
        """Backtest a strategy on its own timeframe."""
        config = self.config(strategy=strategy.__name__, timerange=timerange, **over)
        config["exchange"]["pair_whitelist"] = list(pairs)
        with _found(strategy), _errors() as errors:
            backtesting = RecordingBacktesting(config, self.exchange)
            backtesting.stops = {}
            data, span = backtesting.load_bt_data()
            (loaded,) = backtesting.strategylist
            backtesting.backtest_one_strategy(loaded, data, span)
        # The export sorts nothing and leaves out what only a bot knows.
        trades = [trade.to_json(True) for trade in LocalTrade.bt_trades]
        return Played(trades, backtesting.stops, dict(errors))


def _found(strategy: type[IStrategy]) -> Any:
    """Replace Freqtrade's search for strategy files, and nothing else."""

    def find(**search: Any) -> IStrategy:
        return strategy(config=search["kwargs"]["config"])

    return patch.object(StrategyResolver, "_load_object", staticmethod(find))


@contextmanager
def _errors() -> Iterator[Counter[str]]:
    """Count the errors that Freqtrade and robustop log: callbacks that raise end no backtest."""
    heard: Counter[str] = Counter()
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: heard.update([_kind_of(record.getMessage())])  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(handler)


def _kind_of(message: str) -> str:
    """Return a message without what differs from trade to trade, and without the callback's qualified name."""
    return re.sub(r"\d+|symbol=\w+", "_", message.split(" calling ", maxsplit=1)[0])[:200]

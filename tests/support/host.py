"""The real Freqtrade, in this process, on hand-written candles."""

from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cloudpickle
from freqtrade.configuration import config_validation
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.optimize.hyperopt.hyperopt_optimizer import HyperOptimizer
from freqtrade.persistence import LocalTrade
from freqtrade.plugins.pairlistmanager import PairListManager
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy
from pandas import DataFrame, date_range

from robustop_plugin import RobustopMixin
from robustop_plugin.audit.file import read_audit
from tests.support.hand_candles import PAIR, START, STEP, Candle

BASE: dict[str, Any] = {
    "dry_run": True,
    "dry_run_wallet": 1_000_000,
    "max_open_trades": 5,
    "stake_currency": "USDT",
    "stake_amount": 1000,
    "tradable_balance_ratio": 1.0,
    "timeframe": "5m",
    "dataformat_ohlcv": "feather",
    "candle_type_def": CandleType.SPOT,
    "runmode": RunMode.BACKTEST,
    "export": "trades",
    "fee": 0.0,
    "entry_pricing": {"price_side": "same", "use_order_book": True},
    "exit_pricing": {"price_side": "same", "use_order_book": True},
}


@dataclass
class Played:
    """The result of a backtest.

    Attributes:
        strategy: the strategy that ran.
        trades: closed trades, in the order in which they closed.
        records: audit records.
    """

    strategy: Any
    trades: list[LocalTrade]
    records: list[dict[str, Any]]

    @property
    def trade(self) -> LocalTrade:
        """The only trade."""
        (trade,) = self.trades
        return trade

    def of(self, action: str) -> list[dict[str, Any]]:
        """Return the records with one action."""
        return [record for record in self.records if record["action"] == action]


@dataclass
class Host:
    """Freqtrade with an exchange on this machine.

    Attributes:
        exchange: the real class, on loopback.
        base: configuration that every run starts from.
        folder: folder of the results.
    """

    exchange: Exchange
    base: dict[str, Any]
    folder: Path

    def config(self, **over: Any) -> dict[str, Any]:
        """Return a fresh configuration, with `over` on top."""
        return deepcopy({**self.base, "exportdirectory": self.folder, **over})

    def load(self, strategy: type[IStrategy], config: dict[str, Any] | None = None, **over: Any) -> Any:
        """Load a strategy as Freqtrade does, without the search for its file."""
        config = self.config(**over) if config is None else config
        config["strategy"] = strategy.__name__
        with _found(strategy):
            return StrategyResolver.load_strategy(config)

    def start(self, strategy: type[IStrategy], **over: Any) -> Any:
        """Load a strategy and start it as a bot or a backtest does."""
        config = self.config(**over)
        loaded = self.load(strategy, config)
        loaded.dp = DataProvider(config, self.exchange)
        loaded.dp.add_pairlisthandler(PairListManager(self.exchange, config, loaded.dp))
        loaded.ft_bot_start()
        return loaded

    def backtesting(self, strategy: type[IStrategy], **over: Any) -> Backtesting:
        """Return Freqtrade's backtester with a started strategy, on the candles it is given."""
        with _found(strategy), schema_copied_flat():
            backtesting = Backtesting(self.config(strategy=strategy.__name__, **over), self.exchange)
        backtesting.required_startup = 0
        backtesting._set_strategy(backtesting.strategylist[0])
        return backtesting

    def play(
        self,
        strategy: type[IStrategy],
        candles: Sequence[Candle],
        *,
        columns: Mapping[str, Any] | None = None,
        before: Sequence[Candle] = (),
        signals: Sequence[int] = (0,),
        **over: Any,
    ) -> Played:
        """Backtest a strategy that enters at the open of the first candle.

        Args:
            strategy: strategy to run.
            candles: candles from the entry on; a trade still open at the last one is closed at its open.
            columns: indicators by name, one value per candle of `before` and `candles`; None removes the column.
            before: candles that closed before the entry.
            signals: candles at whose open to enter.
            over: configuration overrides.
        """
        return run(self.backtesting(strategy, **over), candles, columns=columns, before=before, signals=signals)


def run(
    backtesting: Backtesting,
    candles: Sequence[Candle],
    *,
    columns: Mapping[str, Any] | None = None,
    before: Sequence[Candle] = (),
    signals: Sequence[int] = (0,),
) -> Played:
    """Run a prepared backtester; the arguments are those of `Host.play`."""
    earlier = list(before) or [(candles[0][0],) * 4]
    rows = [*earlier, *candles]
    frame = DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
    frame.insert(0, "date", date_range(START - len(earlier) * STEP, periods=len(rows), freq=STEP))
    frame["volume"] = 1000.0
    frame["signal"] = [int(index - len(earlier) + 1 in signals) for index in range(len(rows))]
    strategy = backtesting.strategy
    processed = strategy.advise_all_indicators({PAIR: frame})
    for name, values in (columns or {}).items():
        processed[PAIR] = processed[PAIR].drop(columns=name, errors="ignore")
        if values is not None:
            processed[PAIR][name] = values
    first, last = frame["date"].iloc[0].to_pydatetime(), frame["date"].iloc[-1].to_pydatetime()
    backtesting.backtest(processed=processed, start_date=first, end_date=last)
    records = []
    if isinstance(strategy, RobustopMixin):
        path = getattr(strategy._robustop.recorder.sink, "path", None)
        records = list(read_audit(path)) if path is not None and path.exists() else []
    return Played(strategy, list(LocalTrade.bt_trades), records)


def hyperopt_copy(backtesting: Backtesting) -> Backtesting:
    """Return what a hyperopt worker receives: Freqtrade's own preparation, and a pickle round trip."""
    exchange = backtesting.exchange
    exchange.close()
    for name in ("_api", "_api_async", "loop", "_loop_lock", "_cache_lock"):
        setattr(exchange, name, None)
    backtesting.pairlists = None
    HyperOptimizer.__new__(HyperOptimizer).hyperopt_pickle_magic(type(backtesting.strategy).__bases__)
    return cloudpickle.loads(cloudpickle.dumps(backtesting))


def _found(strategy: type[IStrategy]) -> Any:
    """Replace Freqtrade's search for strategy files, and nothing else."""

    def find(**search: Any) -> IStrategy:
        return strategy(config=search["kwargs"]["config"])

    return patch.object(StrategyResolver, "_load_object", staticmethod(find))


def schema_copied_flat() -> Any:
    """Spare a fifth of a short backtest: Freqtrade changes nothing inside its schema of configurations."""
    return patch.object(config_validation, "deepcopy", copy)

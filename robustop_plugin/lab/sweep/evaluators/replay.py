"""The compiled replay as an evaluator that can be pickled; each process builds its own from the same files."""

import gc
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache

from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.free_memory import return_memory
from robustop_plugin.lab.sweep.evaluators.freqtrade import CACHED_RUNS, FREQTRADE_LOCK
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.runner import progress
from robustop_plugin.runner.run import BacktestRun, read_config, translated_freqtrade_errors
from robustop_plugin.settings import RobustopBlock

REPLAY = "robustop_plugin.lab.replay.evaluator"
NO_REPLAY = (
    "the compiled replay is not installed; let Freqtrade itself run every setting, slowly: --evaluator freqtrade"
)
INSTALL_LAB = 'the compiled replay needs a library that is not installed: pip install "robustop[lab]"'


@dataclass(frozen=True)
class PicklableReplay:
    """The replay of one run.

    Attributes:
        run: The backtest whose entries are replayed.
    """

    run: BacktestRun

    def load(self) -> None:
        """Load candles and signals. Compiled code is not needed yet.

        Raises:
            RobustopError: The replay is not installed, or does not model the run.
        """
        self._replay()

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            RobustopError: The replay is not installed, or does not model the run or the block.
        """
        return self._replay().trades(block)

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each block, in order.

        Raises:
            RobustopError: As for `trades`.
        """
        return self._replay().all_trades(blocks)

    def _replay(self) -> Evaluator:
        with FREQTRADE_LOCK:
            return compiled_replay(self.run)


@lru_cache(maxsize=CACHED_RUNS)
def compiled_replay(run: BacktestRun) -> Evaluator:
    """Return the replay of a run, cached per process."""
    try:
        # Slow to compile, and an optional extra.
        from robustop_plugin.lab.replay.ahead import AHEAD  # noqa: PLC0415
        from robustop_plugin.lab.replay.evaluator import ReplayEvaluator  # noqa: PLC0415
    except ImportError as error:
        # `error.name` is the missing module: the replay itself, or a library that it needs.
        missing = (error.name or "").startswith(REPLAY.rpartition(".")[0])
        raise InvalidSettings(NO_REPLAY if missing else INSTALL_LAB) from error
    progress.report("preparing the replay")
    AHEAD.report = progress.report
    with translated_freqtrade_errors():
        backtesting = Backtesting(deepcopy(read_config(run)))
        # A sweep changes numbers, not the names of columns.
        evaluator: Evaluator = ReplayEvaluator(backtesting, lean=True)
        # Markets and leverage tiers are loaded: a backtest sends no further requests.
        backtesting.exchange.close()
    # Freqtrade's objects refer to each other, and to dataframes that are not needed any more.
    del backtesting
    gc.collect()
    return_memory()
    return evaluator

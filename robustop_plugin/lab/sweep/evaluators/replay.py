"""The compiled replay as an evaluator that can travel: each process makes its own from the same files."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache

from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import KEPT, ONE_AT_A_TIME
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.runner import progress
from robustop_plugin.runner.run import BacktestRun, read_config, refused_in_one_line
from robustop_plugin.settings import RobustopBlock

REPLAY = "robustop_plugin.lab.replay.evaluator"
NO_REPLAY = "the compiled replay is not there; let Freqtrade itself run every setting, slowly: --evaluator freqtrade"
COMPILING = "preparing the replay; once after each installation it is compiled, which takes a minute or two"
INSTALL_LAB = 'the compiled replay needs a library that is not there: pip install "robustop[lab]"'


@dataclass(frozen=True)
class Replayed:
    """The replay of a run."""

    run: BacktestRun

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            RobustopError: the replay is not installed, or does not model the run or the block.
        """
        return self._replay().trades(block)

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each of many blocks, in their order.

        Raises:
            RobustopError: as for `trades`.
        """
        return self._replay().all_trades(blocks)

    def _replay(self) -> Evaluator:
        with ONE_AT_A_TIME:
            return replay_of(self.run)


@lru_cache(maxsize=KEPT)
def replay_of(run: BacktestRun) -> Evaluator:
    """Return the replay of a run, made once in each process."""
    try:
        # Slow to compile, and an optional extra.
        from robustop_plugin.lab.replay.evaluator import ReplayEvaluator  # noqa: PLC0415
    except ImportError as error:
        # A name in `sys.modules` that stands for nothing is told of as halted, by the same error.
        missing = (error.name or "").startswith(REPLAY.rpartition(".")[0])
        raise InvalidSettings(NO_REPLAY if missing else INSTALL_LAB) from error
    progress.now("preparing the replay" if replay_of.cache_info().currsize else COMPILING)
    with refused_in_one_line():
        backtesting = Backtesting(deepcopy(read_config(run)))
        evaluator: Evaluator = ReplayEvaluator(backtesting)
        # Markets and tiers are known by now: a backtest asks nothing more.
        backtesting.exchange.close()
    return evaluator

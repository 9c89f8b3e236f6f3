"""`freqtrade hyperopt` processes, and the rate of their epochs."""

import json
import shutil
import sys
from itertools import pairwise
from typing import Any, NamedTuple

from ground import Ground
from stamps import follow
from stops import WRITTEN_HERE

SEED = 1
STRATEGIES = {
    "robustop": "TunedHandSpan",
    "expert": "ExpertTunedHandSpan",
    "robustop_exact": "TunedExactHandSpan",
    "expert_exact": "ExpertTunedExactHandSpan",
}
SAME_EPOCHS = (("robustop", "expert"), ("robustop_exact", "expert_exact"))
"""Processes that have to try the same values with the same trades."""


class Epochs(NamedTuple):
    """The epochs of one process.

    Attributes:
        rate: Epochs per CPU second, from the end of the first epoch to the end of the last; the start is excluded.
        seconds: Seconds between the ends of consecutive epochs.
        process_seconds: Seconds from start to end of the process.
        params: Parameters of each epoch.
        trades: Number of trades in each epoch.
    """

    rate: float
    seconds: list[float]
    process_seconds: float
    params: list[dict[str, Any]]
    trades: list[int]


def hyperopt(ground: Ground, key: str, epochs: int) -> Epochs:
    """Run `freqtrade hyperopt --job-workers 1` over the space `robustop`; the same seed tries the same values.

    Args:
        ground: Candles and exchange.
        key: Key of `STRATEGIES`.
        epochs: Number of epochs, at least two.

    Raises:
        RunFailed: The process failed.
    """
    userdir = ground.folder / f"hyperopt-{key}"
    shutil.rmtree(userdir, ignore_errors=True)
    search = ["--spaces", "robustop", "--epochs", str(epochs), "--random-state", str(SEED), "--job-workers", "1"]
    search += ["--hyperopt-loss", "OnlyProfitHyperOptLoss", "--disable-param-export"]
    words = ground.words(STRATEGIES[key], WRITTEN_HERE, userdir)
    command = [sys.executable, "-m", "freqtrade", "hyperopt", *words, *search]
    followed = follow(command, userdir / "hyperopt_results", "strategy_*.fthypt")
    lines = [json.loads(line) for line in followed.file.read_text(encoding="utf-8").splitlines()]
    ends = [stamp.seconds for stamp in followed.stamps]
    return Epochs(
        rate=followed.cpu_rate,
        seconds=[after - before for before, after in pairwise(ends)],
        process_seconds=followed.seconds,
        params=[line["params_dict"] for line in lines],
        trades=[line["results_metrics"]["total_trades"] for line in lines],
    )

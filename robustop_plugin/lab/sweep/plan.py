"""What a user asks of a sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, at_random, grid
from robustop_plugin.lab.sweep.search.study_database import reach, without_password
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.strategy import SweptStrategy
from robustop_plugin.lab.sweep.windows import Fold, folds
from robustop_plugin.runner.run import BacktestRun

WHOLE = "whole"
"""The search over all candles."""

LARGEST_GRID = 1_000_000
DEFAULT_COUNT = 200


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes:
        run: the backtest.
        sets: what is swept, as `--set` takes it.
        sampler: `grid`, `random` or `optuna`.
        count: settings of a search by chance or by Optuna; None for the usual number.
        seed: of the chance.
        objective: name of a score or a loss.
        least_trades: fewer have no score.
        loss_folder: of the user's losses; empty for those that Freqtrade finds by itself.
        tests: of the walk-forward test; 0 for none.
        train_windows: length of the first train, in lengths of a test.
        anchored: each train starts where the first does.
        by_plateau: settings are chosen by their neighbourhood.
        evaluator: `replay` or `freqtrade`.
        storage: URL of Optuna's database; None for none.
        study: name of the study in the database.
        out: file of the table.
    """

    run: BacktestRun
    sets: tuple[str, ...] = ()
    sampler: str = "random"
    count: int | None = None
    seed: int = 1
    objective: str = "expectancy_r"
    least_trades: int = 10
    loss_folder: str = ""
    tests: int = 0
    train_windows: int = 3
    anchored: bool = False
    by_plateau: bool = True
    evaluator: str = "replay"
    storage: str | None = None
    study: str = "robustop"
    out: Path = Path("sweep.jsonl")

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            InvalidSettings: saying what to do.
        """
        if self.sampler == "grid" and self.count is not None:
            raise InvalidSettings("--settings is for --sampler random and optuna: a grid has all combinations")
        if self.storage is not None and self.sampler != "optuna":
            raise InvalidSettings("--storage shares a study of Optuna's: add --sampler optuna")
        if self.storage is not None:
            reach(self.storage)

    def size(self, space: Space) -> int:
        """Return how many settings one search has.

        Raises:
            InvalidSettings: the grid is larger than anybody waits for.
        """
        if self.sampler == "grid" and space.size > LARGEST_GRID:
            raise InvalidSettings(
                f"the grid has {space.size} settings, {LARGEST_GRID} are the most: sweep fewer numbers with --set, "
                "or use --sampler random"
            )
        return space.size if self.sampler == "grid" else min(self.count or DEFAULT_COUNT, space.size)

    def sampler_of(self, space: Space, name: str, facts: Mapping[str, Any]) -> Sampler:
        """Return the sampler of one search.

        Args:
            space: what is swept.
            name: of the search.
            facts: what its rows depend on.

        Raises:
            InvalidSettings: the database of a shared study cannot be used, or has another sweep's.
        """
        if self.sampler == "grid":
            return FixedSampler(grid(space.dimensions))
        if self.sampler == "random":
            return FixedSampler(at_random(space.dimensions, self.size(space), self.seed))
        # Slow to load, and not everybody needs it.
        from robustop_plugin.lab.sweep.search.optuna_sampler import OptunaSampler  # noqa: PLC0415
        from robustop_plugin.lab.sweep.search.shared_study import Shared  # noqa: PLC0415

        study = f"{self.study} {name}" if name != WHOLE else self.study
        shared = None if self.storage is None else Shared(self.storage, study, facts)
        return OptunaSampler(space.dimensions, self.size(space), self.seed, shared)

    def folds(self, subject: SweptStrategy) -> list[Fold]:
        """Return the steps of the walk-forward test.

        Raises:
            InvalidSettings: there are too few candles.
        """
        if not self.tests:
            return []
        return folds(subject.window, self.tests, self.train_windows, subject.candle, anchored=self.anchored)

    @property
    def shared(self) -> list[str] | None:
        """Where a shared study is: its database, without the password, and its name; None for none."""
        return None if self.storage is None else [without_password(self.storage), self.study]

    def facts(self, subject: SweptStrategy, space: Space, objective: Objective) -> dict[str, Any]:
        """Return everything that the rows of a table depend on."""
        prepared = subject.prepared
        return {
            "strategy": self.run.strategy,
            "candles_and_code": prepared.fingerprint(),
            "package": prepared.backtesting.config["robustop"]["package"],
            "settings": prepared.settings.default.model_dump(mode="json"),
            "pairs": {pair: block.model_dump(mode="json") for pair, block in prepared.settings.by_pair.items()},
            # Those that are swept may be in a file that this very sweep wrote at its end.
            "in_force": {name: value for name, value in space.in_force.items() if name not in space.yours()},
            "dimensions": {one.name: list(one.values) for one in space.dimensions},
            "sampler": self.sampler,
            "settings_per_search": self.size(space),
            "seed": self.seed,
            "storage": self.shared,
            "objective": objective.name,
            "least_trades": objective.least_trades,
            "balance": objective.balance,
            "window": list(subject.window),
            "walk_forward": [self.tests, self.train_windows, self.anchored] if self.tests else None,
            "by_plateau": self.by_plateau,
            "evaluator": self.evaluator,
        }

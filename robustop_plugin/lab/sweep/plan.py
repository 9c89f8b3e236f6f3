"""What a user asks of a sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, grid_settings, random_settings
from robustop_plugin.lab.sweep.search.study_database import check_connection, without_password
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.strategy import SweptStrategy
from robustop_plugin.lab.sweep.windows import Fold, make_folds
from robustop_plugin.runner.run import BacktestRun

ALL_CANDLES = "whole"
"""Name of the search over all candles."""

RECORDED_OPTIONS = ("fee", "max_open_trades")
"""Options of Freqtrade's that change the trades of the same candles."""

LARGEST_GRID = 1_000_000
DEFAULT_COUNT = 200


@dataclass(frozen=True)
class Plan:
    """What the user asked for.

    Attributes:
        run: The backtest.
        sets: Swept parameters, as written after `--set`.
        sampler: `grid`, `random` or `optuna`.
        count: Number of settings of a random or Optuna search; None for the default.
        seed: Random seed.
        objective: Name of a score or of a Freqtrade hyperopt loss.
        min_trades: Settings with fewer trades get no score.
        hyperopt_path: Folder of the user's losses; empty for the folders that Freqtrade searches.
        walk_forward_tests: Number of test windows; 0 for no walk-forward test.
        train_windows: Length of the first training window, in lengths of a test window.
        anchored: True if every training window starts at the first candle.
        by_plateau: True to choose by the median score of a setting and its neighbors.
        evaluator: `replay` or `freqtrade`.
        storage: URL of Optuna's database; None to keep the study in memory.
        study: Name of the study in the database.
        out: File of the table.
    """

    run: BacktestRun
    sets: tuple[str, ...] = ()
    sampler: str = "random"
    count: int | None = None
    seed: int = 1
    objective: str = "expectancy_r"
    min_trades: int = 10
    hyperopt_path: str = ""
    walk_forward_tests: int = 0
    train_windows: int = 3
    anchored: bool = False
    by_plateau: bool = True
    evaluator: str = "replay"
    storage: str | None = None
    study: str = "robustop"
    out: Path = Path("sweep.jsonl")

    def validate(self) -> None:
        """Reject options that contradict each other.

        Raises:
            InvalidSettings: One line that says what to do.
        """
        if self.sampler == "grid" and self.count is not None:
            raise InvalidSettings("--settings is for --sampler random and optuna: a grid has all combinations")
        if self.storage is not None and self.sampler != "optuna":
            raise InvalidSettings("--storage shares a study of Optuna's: add --sampler optuna")
        if self.storage is not None:
            check_connection(self.storage)

    def settings_per_search(self, space: Space) -> int:
        """Return the number of settings in one search.

        Raises:
            InvalidSettings: The grid has too many settings.
        """
        if self.sampler == "grid" and space.size > LARGEST_GRID:
            raise InvalidSettings(
                f"the grid has {space.size} settings, {LARGEST_GRID} are the most: sweep fewer numbers with --set, "
                "or use --sampler random"
            )
        return space.size if self.sampler == "grid" else min(self.count or DEFAULT_COUNT, space.size)

    def make_sampler(self, space: Space, name: str, recorded: Mapping[str, Any]) -> Sampler:
        """Return the sampler of one search.

        Args:
            space: The swept parameters and their values.
            name: Name of the search.
            recorded: What its rows depend on.

        Raises:
            InvalidSettings: The database of a shared study cannot be used, or belongs to another sweep.
        """
        if self.sampler == "grid":
            return FixedSampler(grid_settings(space.dimensions))
        if self.sampler == "random":
            return FixedSampler(random_settings(space.dimensions, self.settings_per_search(space), self.seed))
        # Optuna is slow to import, and needed for this sampler only.
        from robustop_plugin.lab.sweep.search.optuna_sampler import OptunaSampler  # noqa: PLC0415
        from robustop_plugin.lab.sweep.search.shared_study import SharedStudy  # noqa: PLC0415

        study = f"{self.study} {name}" if name != ALL_CANDLES else self.study
        shared = None if self.storage is None else SharedStudy(self.storage, study, recorded)
        return OptunaSampler(space.dimensions, self.settings_per_search(space), self.seed, shared)

    def folds(self, strategy: SweptStrategy) -> list[Fold]:
        """Return the folds of the walk-forward test.

        Raises:
            InvalidSettings: There are too few candles.
        """
        if not self.walk_forward_tests:
            return []
        return make_folds(
            strategy.window, self.walk_forward_tests, self.train_windows, strategy.candle_ms, anchored=self.anchored
        )

    @property
    def shared_study(self) -> list[str] | None:
        """Database (without its password) and name of a shared study; None if the study is in memory."""
        return None if self.storage is None else [without_password(self.storage), self.study]

    def recorded(self, strategy: SweptStrategy, space: Space, objective: Objective) -> dict[str, Any]:
        """Return everything that the rows of a table depend on, as recorded in its first line."""
        loaded = strategy.loaded
        return {
            "strategy": self.run.strategy,
            "candles_and_code": loaded.fingerprint(),
            "package": loaded.backtesting.config["robustop"]["package"],
            "settings": loaded.settings.default.model_dump(mode="json"),
            "pairs": {pair: block.model_dump(mode="json") for pair, block in loaded.settings.by_pair.items()},
            # Swept values are left out: this sweep may have exported them at its end.
            "in_force": {name: value for name, value in space.in_force.items() if name not in space.baseline()},
            "dimensions": {dimension.name: list(dimension.values) for dimension in space.dimensions},
            "sampler": self.sampler,
            "settings_per_search": self.settings_per_search(space),
            "seed": self.seed,
            "storage": self.shared_study,
            "objective": objective.name,
            "least_trades": objective.min_trades,
            "balance": objective.balance,
            "window": list(strategy.window),
            "walk_forward": [self.walk_forward_tests, self.train_windows, self.anchored]
            if self.walk_forward_tests
            else None,
            "by_plateau": self.by_plateau,
            "evaluator": self.evaluator,
            # Only if given, so that tables of earlier versions can be continued.
            **{name: value for name, value in self.run.options if name in RECORDED_OPTIONS},
        }

"""A strategy that can be swept, and the command that sweeps it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main
from robustop_plugin.runner.run import BacktestRun
from tests.support.sweep_fixture import ground

GRID = [
    *("--sampler", "grid", "--set", "initial_stop_multiplier=2,4", "--set", "smart_trail_distance_percent=1,3"),
    *("--objective", "profit", "--min-trades", "1"),
]
BY_FREQTRADE = ["--evaluator", "freqtrade", *GRID]

Sweep = Callable[..., Result]
Forget = Callable[..., None]


class Options:
    """The paths and options of a sweep."""

    def __init__(self, run: BacktestRun, folder: Path) -> None:
        """Build the options of a run on the embedded market."""
        options = dict(run.options)
        self.configs = list(run.configs)
        self.strategies = Path(options["strategy_path"])
        self.parameters = self.strategies / "swept.json"
        self.table = folder / "sweep.jsonl"
        self.words = [word for config in self.configs for word in ("--config", config)]
        self.words += ["--strategy-path", str(self.strategies), "--datadir", options["datadir"]]
        self.words += ["--userdir", options["user_data_dir"], "--out", str(self.table)]


@pytest.fixture
def where(run: BacktestRun, tmp_path: Path) -> Iterator[Options]:
    """Return the paths of one sweep; a parameter file is deleted at the end."""
    options = Options(run, tmp_path)
    yield options
    options.parameters.unlink(missing_ok=True)


@pytest.fixture
def sweep(where: Options) -> Sweep:
    """Return a function that runs the command."""

    def run_command(*words: str, strategy: str = "Swept") -> Result:
        return CliRunner().invoke(main, ["sweep", "--strategy", strategy, *where.words, *words])

    return run_command


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Forget:
    """Return a function that removes modules from `sys.modules`, to be restored at the end of the test."""

    def forget_all(*prefixes: str, kept: str | None = None) -> None:
        for name in [name for name in sys.modules if name.startswith(prefixes) and name != kept]:
            package, _, last = name.rpartition(".")
            if package in sys.modules:
                # The attribute of the parent package is restored as well.
                monkeypatch.setattr(sys.modules[package], last, sys.modules[name])
            monkeypatch.delitem(sys.modules, name)

    return forget_all


def line_of(result: Result) -> str:
    """Return the one line of a rejection."""
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestRun]:
    """Return a run on the embedded market."""
    with ground(tmp_path_factory.mktemp("ground")) as found:
        yield found

"""Interrupted, killed and shared sweeps."""

import json
import time
from functools import lru_cache
from pathlib import Path

import optuna
import pytest

from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.settings import RobustopBlock
from tests.cli.conftest import BY_FREQTRADE, Options, Sweep, line_of
from tests.conftest import ROOT
from tests.support import warm

SECONDS_TO_START = 120


def test_an_interrupted_sweep_goes_on(
    sweep: Sweep, where: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an interrupt finished settings are kept, and --resume leaves the table of an uninterrupted sweep."""
    through = tmp_path / "through.jsonl"
    assert sweep(*BY_FREQTRADE, "--no-export", "--out", str(through)).exit_code == 0
    asked: list[RobustopBlock] = []
    honest = FreqtradeEvaluator.trades

    def interrupted(self: FreqtradeEvaluator, block: RobustopBlock) -> Trades:
        asked.append(block)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return honest(self, block)

    with monkeypatch.context() as patch:
        patch.setattr(FreqtradeEvaluator, "trades", interrupted)
        result = sweep(*BY_FREQTRADE, "--no-export")
    assert result.exit_code == 1
    assert "the same command with --resume continues" in result.stderr
    assert len(where.table.read_text().splitlines()) == 4
    refusal = line_of(sweep(*BY_FREQTRADE, "--no-export"))
    assert "continue it with --resume, replace it with --overwrite" in refusal
    assert sweep(*BY_FREQTRADE, "--no-export", "--resume").exit_code == 0
    assert where.table.read_bytes() == through.read_bytes()


def test_an_interrupt_while_loading_is_one_line(sweep: Sweep, where: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt before the table is opened gives status 1 and one line, and leaves no table."""

    def interrupted(run: BacktestRun) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("robustop_plugin.lab.sweep.sweep.loaded_backtest", lru_cache(interrupted))
    result = sweep(*BY_FREQTRADE, "--no-export")
    assert (result.exit_code, result.stderr) == (1, "interrupted before any setting was evaluated\n")
    assert not where.table.exists()


def test_a_sweep_that_was_killed_goes_on(sweep: Sweep, where: Options, tmp_path: Path) -> None:
    """A killed process leaves its finished settings, and --resume leaves the table of an uninterrupted sweep."""
    through = tmp_path / "through.jsonl"
    assert sweep(*BY_FREQTRADE, "--no-export", "--out", str(through)).exit_code == 0
    command = [str(warm.BIN / "robustop"), "sweep", "--strategy", "Swept", *where.words, *BY_FREQTRADE, "--no-export"]
    with (tmp_path / "killed.log").open("wb") as output:
        process = warm.start(command, output, cwd=ROOT)
    deadline = time.monotonic() + SECONDS_TO_START
    while not where.table.exists() or where.table.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert where.table.read_bytes() != through.read_bytes()
    assert sweep(*BY_FREQTRADE, "--no-export", "--resume").exit_code == 0
    assert where.table.read_bytes() == through.read_bytes()


def test_two_sweeps_share_a_study(sweep: Sweep, tmp_path: Path) -> None:
    """The second sweep adopts the first one's settings, each search in a study of its own, and continues."""
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    shared = ["--sampler", "optuna", "--storage", storage, "--study", "stops", "--no-export"]
    shared += ["--evaluator", "freqtrade", "--min-trades", "1", "--walk-forward", "1"]
    tables = {}
    for count in ("3", "5"):
        path = tmp_path / f"{count}.jsonl"
        result = sweep(*shared, "--settings", count, "--out", str(path))
        assert result.exit_code == 0, result.output
        rows = [json.loads(line) for line in path.read_text().splitlines()[1:]]
        tables[count] = [row for row in rows if row["search"] in ("whole", "train 1")]
    assert [len(rows) for rows in tables.values()] == [6, 10]
    assert not [row for row in tables["3"] if row not in tables["5"]]
    names = optuna.get_all_study_names(storage)
    assert sorted(names) == ["stops", "stops train 1"]
    trials = [optuna.load_study(study_name=name, storage=storage).trials for name in names]
    assert [sum("measured" in trial.user_attrs for trial in found) for found in trials] == [5, 5]


def test_a_study_of_other_options_is_refused(sweep: Sweep, where: Options, tmp_path: Path) -> None:
    """A study with another objective is rejected."""
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    shared = ["--sampler", "optuna", "--settings", "1", "--storage", storage, "--no-export", "--min-trades", "1"]
    assert sweep(*shared, "--evaluator", "freqtrade", "--objective", "profit").exit_code == 0
    refusal = line_of(sweep(*shared, "--evaluator", "freqtrade", "--objective", "calmar", "--overwrite"))
    assert "--study robustop of sqlite:///" in refusal
    assert "was begun with another objective: profit, now calmar" in refusal

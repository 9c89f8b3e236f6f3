"""Sweeps that were interrupted, killed or shared."""

import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from robustop_plugin.lab.sweep.evaluate import Trades
from robustop_plugin.lab.sweep.host_evaluator import FreqtradeEvaluator
from robustop_plugin.settings import RobustopBlock
from tests.cli.conftest import BY_FREQTRADE, Options, Sweep, line_of
from tests.conftest import ROOT

SECONDS_TO_START = 120


def test_an_interrupted_sweep_goes_on(
    sweep: Sweep, where: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyboard interrupts, what is done is kept, and the rest makes the same table as a sweep that ran through."""
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
    assert "the same command with --resume goes on" in result.stderr
    assert len(where.table.read_text().splitlines()) == 4
    refusal = line_of(sweep(*BY_FREQTRADE, "--no-export"))
    assert "--resume goes on with it, --overwrite begins anew" in refusal
    assert sweep(*BY_FREQTRADE, "--no-export", "--resume").exit_code == 0
    assert where.table.read_bytes() == through.read_bytes()


def test_a_sweep_that_was_killed_goes_on(sweep: Sweep, where: Options, tmp_path: Path) -> None:
    """A process that dies in the middle leaves what was done, and the rest makes the same table."""
    through = tmp_path / "through.jsonl"
    assert sweep(*BY_FREQTRADE, "--no-export", "--out", str(through)).exit_code == 0
    command = [
        sys.executable,
        "-c",
        "from robustop_plugin.cli.main import main; main()",
        "sweep",
        "--strategy",
        "Swept",
    ]
    process = subprocess.Popen([*command, *where.words, *BY_FREQTRADE, "--no-export"], cwd=ROOT)
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
    """Each has its own table, and the database has the trials of both, each search under its own name."""
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    shared = ["--sampler", "optuna", "--settings", "3", "--storage", storage, "--study", "stops", "--no-export"]
    shared += ["--evaluator", "freqtrade", "--min-trades", "1", "--walk-forward", "1"]
    for name in ("one", "other"):
        result = sweep(*shared, "--out", str(tmp_path / f"{name}.jsonl"))
        assert result.exit_code == 0, result.output
    names = optuna.get_all_study_names(storage)
    assert sorted(names) == ["stops", "stops train 1"]
    assert [len(optuna.load_study(study_name=name, storage=storage).trials) for name in names] == [6, 6]

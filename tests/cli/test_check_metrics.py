"""`robustop check` on the metrics of a bot."""

import sys
from pathlib import Path

import pytest

from tests.support.check_command import details, findings, write_config
from tests.support.strategy_files import write_strategy


@pytest.fixture(autouse=True)
def _at_a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder with a strategy."""
    monkeypatch.chdir(tmp_path)
    write_strategy(tmp_path / "mine", "Mine")


def config(tmp_path: Path, **metrics: object) -> None:
    """Write a configuration with metrics."""
    write_config(tmp_path / "config.json", robustop={"partials": [], "metrics": {"enabled": True, **metrics}})


def test_a_missing_package_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install; with the package there is none."""
    config(tmp_path)
    words = ("--strategy", "Mine", "--strategy-path", "mine")
    assert details(findings(*words), "ok")["conflicts"] == "none"
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    problems = details(findings(*words, status=1), "problem")
    assert 'pip install "robustop[metrics]"' in problems["conflicts"]


def test_a_host_that_others_reach_is_a_note(tmp_path: Path) -> None:
    """As the bot warns at its start."""
    words = ("--strategy", "Mine", "--strategy-path", "mine")
    config(tmp_path, host="0.0.0.0")  # noqa: S104 (only named)
    assert "without a password" in details(findings(*words), "note")["metrics"]
    config(tmp_path)
    assert "metrics" not in details(findings(*words), "note")

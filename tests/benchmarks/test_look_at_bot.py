"""The benchmark of a look at a bot times both commands on one database; durations are not asserted."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.operate.conftest import host, loopback, writing

__all__ = ["host", "loopback", "writing"]

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


def test_both_commands_look_at_the_database(writing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One round: the ratio is that of its processor times."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    database = tmp_path / "trades.sqlite"
    writing(f"sqlite:///{database}").bought()
    found = importlib.import_module("look_at_bot").measured(database, 1)
    (ours,), (theirs,) = found["rounds"]["status"], found["rounds"]["show_trades"]
    assert found["ratio"] == ours["cpu"] / theirs["cpu"]
    assert (found["status_seconds"], found["show_trades_cpu_seconds"]) == (ours["seconds"], theirs["cpu"])
    assert min(*ours.values(), *theirs.values()) > 0
    with pytest.raises(RuntimeError, match="no such trade database"):
        importlib.import_module("look_at_bot").measured(tmp_path / "none.sqlite", 1)

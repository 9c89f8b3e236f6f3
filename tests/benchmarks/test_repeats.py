"""Short backtests are repeated in a round, in turns, and ratios are of the same round."""

import importlib
from collections import deque
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def repeats(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, which belongs to the scripts and to no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("repeats")


class Timed:
    """A stop whose backtests take given CPU seconds, one after the other; the last of them for ever."""

    def __init__(self, key: str, seconds: list[float], log: list[str], run: type) -> None:
        """Write the key to a log that all stops share, at each run."""
        self.stop = SimpleNamespace(key=key)
        self.seconds, self.log, self._run = deque(seconds), log, run

    def run(self) -> object:
        """Return the next of the seconds, as wall and CPU time."""
        self.log.append(self.stop.key)
        taken = self.seconds.popleft() if len(self.seconds) > 1 else self.seconds[0]
        return self._run(10 * taken, taken, f"trades of {self.stop.key}")


def test_short_backtests_are_repeated_in_turns(repeats: ModuleType) -> None:
    """A first run of half a second needs four repeats for two seconds; each turn starts with another stop."""
    log: list[str] = []
    a = Timed("a", [9.0, 1.0, 2.0, 3.0, 6.0], log, repeats.Run)
    b = Timed("b", [0.5, 1.0], log, repeats.Run)
    runs = repeats.in_repeated_turns([a, b], 2, 2.0)
    assert "".join(log) == "ab" + "abbaabba" + "baabbaab"
    # The mean of 1, 2, 3 and 6.
    assert [run.cpu_seconds for run in runs["a"]] == [3.0, 6.0]
    assert [run.seconds for run in runs["b"]] == [10.0, 10.0]
    assert {run.trades for run in runs["a"]} == {"trades of a"}
    assert repeats.paired_ratio(runs["a"], runs["b"]) == 4.5


def test_long_backtests_run_once_in_a_round(repeats: ModuleType) -> None:
    """Beyond the seconds of a round one repeat is enough; without any seconds nothing runs beforehand."""
    log: list[str] = []
    both = [Timed(key, [3.0], log, repeats.Run) for key in "ab"]
    repeats.in_repeated_turns(both, 1, 2.0)
    assert "".join(log) == "abab"
    log.clear()
    repeats.in_repeated_turns(both, 1, 0.0)
    assert "".join(log) == "ab"


def test_repeats_have_a_limit(repeats: ModuleType) -> None:
    """A backtest of nearly no time is not repeated without end."""
    log: list[str] = []
    repeats.in_repeated_turns([Timed("a", [1e-9], log, repeats.Run)], 1, 2.0)
    assert len(log) == 1 + 40

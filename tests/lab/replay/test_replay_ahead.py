"""The replay that is compiled in a process of its own, before the candles are there."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.lab.replay import ahead
from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.lab.replay.kernel import batch
from robustop_plugin.lab.replay.kernel.modules import ENTRIES
from robustop_plugin.lab.replay.tiers import CODE, Tier
from robustop_plugin.settings import load_settings
from tests.support.replays import embedded_bench

numba = pytest.importorskip("numba")


class Recorder(dict[Callable[..., Any], Callable[..., Any]]):
    """Compiled functions that keep the types of the arguments that each is called with."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self.types: dict[Callable[..., Any], set[tuple[Any, ...]]] = {}

    def __missing__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that computes in the interpreter only what has no candles in it."""

        def record(*arguments: Any) -> None:
            self.types.setdefault(function, set()).add(tuple(map(numba.typeof, arguments)))

        return record


@pytest.mark.parametrize("partials", [[], [[1.0, 0.5]]])
def test_the_types_are_those_of_a_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, partials: list[list[float]]
) -> None:
    """Every entry is compiled for exactly the types that a replay calls it with, in this process or in another."""
    recorder = Recorder()
    monkeypatch.setattr("robustop_plugin.lab.replay.evaluator.compiled", lambda *_, **__: recorder)
    with embedded_bench(tmp_path, days=6) as bench:
        evaluator = ReplayEvaluator(bench.backtesting("HandSpanTrend", {"partials": []}))
        sent: ReplayEvaluator = pickle.loads(pickle.dumps(evaluator))  # noqa: S301 (our own)
    # Nothing is calculated here, so the number of trades stays zero.
    for one in (evaluator, sent):
        one.trades(load_settings({"engines": [{"name": "r_ladder"}], "partials": partials}).default)
    compiled_for = {
        function: {tuple(map(numba.typeof, arguments))}
        for function, arguments in ahead.calls(sells_parts=bool(partials))
    }
    assert recorder.types.keys() == ENTRIES
    assert compiled_for == recorder.types


def test_a_setting_that_sells_in_parts_has_code_of_its_own() -> None:
    """The two kinds of settings differ in the types that the run is compiled for."""
    (without,), (parts,) = (
        [tuple(map(numba.typeof, arguments)) for function, arguments in found if function is batch.play_all]
        for found in (ahead.calls(sells_parts=False), ahead.calls(sells_parts=True))
    )
    assert without != parts


class Process:
    """A process that compiles, and is done after some questions."""

    def __init__(self, questions: int) -> None:
        """Answer that it still runs this many times."""
        self.questions, self.killed = questions, False

    def poll(self) -> int | None:
        """Return None while it runs."""
        self.questions -= 1
        return None if self.questions >= 0 else 0

    def wait(self, timeout: float | None = None) -> int:
        """Return at once."""
        return 0

    def kill(self) -> None:
        """Note that it was ended."""
        self.killed = True


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Return the commands of the processes that are started from now on; none is."""
    monkeypatch.setenv("ROBUSTOP_CACHE", str(tmp_path))
    monkeypatch.delenv(CODE, raising=False)
    commands: list[list[str]] = []

    def start(command: list[str], env: dict[str, str], **_: Any) -> Process:
        commands.append([*command[1:], env[CODE]])
        return Process(2)

    monkeypatch.setattr(ahead.subprocess, "Popen", start)
    return commands


def test_waiting_reports_what_it_waits_for(started: list[list[str]]) -> None:
    """Each second there is a line; without a process there is none."""
    said: list[str] = []
    process = ahead.Ahead()
    process.report = said.append
    process.wait()
    process.start()
    process.wait()
    assert started == [["-m", ahead.__name__, "quick"]]
    assert said == ["compiling the replay, once for each installation: 0 s so far"] * 2


def test_settings_that_sell_in_parts_start_another_process(started: list[list[str]]) -> None:
    """What was begun before the settings were known is ended if they need other code, and goes on if not."""
    process = ahead.Ahead()
    process.start()
    first: Any = process._process
    process.start()
    assert not first.killed
    process.start(sells_parts=True)
    assert first.killed
    assert started == [["-m", ahead.__name__, "quick"], ["-m", ahead.__name__, ahead.PARTS, "quick"]]


def test_a_large_sweep_starts_another_process(started: list[list[str]]) -> None:
    """Quick code that was begun before the size was known is given up for full code, and this process runs that."""
    process = ahead.Ahead()
    process.start()
    first: Any = process._process
    process.start(tier=Tier.FULL)
    assert first.killed
    assert [words[-1] for words in started] == ["quick", "full"]
    assert process.tier(sells_parts=False) is Tier.FULL


@pytest.mark.parametrize("tier", list(Tier))
def test_the_environment_decides(started: list[list[str]], monkeypatch: pytest.MonkeyPatch, tier: Tier) -> None:
    """The tier that the environment names is compiled and run, whatever a sweep asks for."""
    monkeypatch.setenv(CODE, tier)
    for asked in Tier:
        process = ahead.Ahead()
        process.start(tier=asked)
        assert process.tier(sells_parts=False) is tier
    assert [words[-1] for words in started] == [tier, tier]


def keep(tier: Tier) -> None:
    """Make a file where code of one kind of settings is kept."""
    folder = ahead.folder_of(ahead.MODULES, tier)
    assert folder is not None
    (folder / "kernel_12ab").mkdir()
    (folder / "kernel_12ab" / "batch.play_all-15.py311.1.nbc").write_bytes(b"code")


@pytest.mark.parametrize("tier", list(Tier))
def test_kept_code_starts_nothing(started: list[list[str]], tier: Tier) -> None:
    """If the code is in its folder, no process is started for as many kinds of settings, and that code is run."""
    keep(tier)
    process = ahead.Ahead()
    process.start()
    assert process.tier(sells_parts=False) is tier
    assert not started
    ahead.Ahead().start(sells_parts=True)
    assert len(started) == 1

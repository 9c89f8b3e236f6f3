"""The progress display of a sweep."""

import io
import re
import time

import pytest
from rich.console import Console

from robustop_plugin.cli import sweep_progress
from robustop_plugin.cli.sweep_progress import progress_display
from robustop_plugin.runner import progress
from tests.cli.conftest import BY_FREQTRADE, Sweep


def test_a_terminal_shows_what_is_done_and_how_much_of_it() -> None:
    """The display first shows the preparations, then a bar."""
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    with progress_display(console) as display, progress.listening(display.show_stage):
        progress.report("loading candles")
        time.sleep(0.3)
        progress.begin_section("walk-forward, train 2 of 4")
        advance = display.start_counting("settings", 40)
        advance(17)
        progress.report("preparing")
        time.sleep(0.3)
    output = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"getting ready.*loading candles", output)
    assert re.search(r"settings.*17/40.*walk-forward, train 2 of 4: preparing", output)


def test_a_log_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A log gets at most one line per half minute, and none for short work."""
    clock = iter([0.0, 10.0, 31.0, 40.0, 70.0])
    monkeypatch.setattr(sweep_progress.time, "monotonic", lambda: next(clock))
    with progress_display(Console(file=io.StringIO())) as display:
        display.show_stage("loading candles")
        display.show_stage("analyzing 12 pairs")
        advance = display.start_counting("settings", 40)
        advance(10)
        advance(7)
    assert capsys.readouterr().err.splitlines() == [
        "31 s: getting ready; analyzing 12 pairs",
        "70 s: settings 17 of 40; analyzing 12 pairs",
    ]


def test_every_long_step_of_a_sweep_is_told(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every long step is reported, from loading markets to Freqtrade's verification runs."""
    monkeypatch.setattr(sweep_progress, "LOG_INTERVAL", 0.0)
    result = sweep(*BY_FREQTRADE, "--no-export", "--walk-forward", "1", "--train-windows", "1", "--verify", "1")
    assert result.exit_code == 0, result.output
    steps = [
        *(
            "asking the exchange for its markets",
            "loading candles",
            "analyzing 2 pairs",
            "settings 5 of 11; all candles",
        ),
        *("walk-forward, train 1 of 1", "walk-forward, test 1 of 1", "settings 11 of 11"),
        *("Freqtrade itself, 1 of 1: loading candles", "verified by Freqtrade 1 of 1"),
    ]
    lines = [next(number for number, line in enumerate(result.stderr.splitlines()) if step in line) for step in steps]
    assert lines == sorted(lines)

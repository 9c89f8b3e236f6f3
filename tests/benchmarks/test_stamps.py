"""Following a process: when its lines were written, and what happens if it fails."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from robustop_plugin.runner.process import RunFailed

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
WRITER = """
import sys, time
time.sleep(0.5)
for number in range(4):
    with open(sys.argv[1], "a") as file:
        file.write(f"{number}\\n")
    time.sleep(0.2)
time.sleep(0.5)
"""


@pytest.fixture
def stamps(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, which belongs to the scripts and to no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("stamps")


def test_start_and_end_do_not_count(stamps: ModuleType, tmp_path: Path) -> None:
    """With a line every 0.2 seconds the rate is at most five per second, whatever happens before and after."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "lines.txt")]
    followed = stamps.follow(command, tmp_path, "*.txt")
    assert [stamp.lines for stamp in followed.stamps] == [1, 2, 3, 4]
    assert followed.stamps[0].seconds > 0.4
    assert followed.seconds > followed.stamps[-1].seconds + 0.4
    assert followed.rate <= 5.1
    assert followed.rate == pytest.approx(3 / (followed.stamps[-1].seconds - followed.stamps[0].seconds))


def test_a_process_that_fails_is_told_of(stamps: ModuleType, tmp_path: Path) -> None:
    """The error contains the last lines of the log."""
    with pytest.raises(RunFailed, match="no such pair"):
        stamps.follow([sys.executable, "-c", "raise SystemExit('no such pair')"], tmp_path, "*.txt")


def test_too_few_lines_have_no_rate(stamps: ModuleType, tmp_path: Path) -> None:
    """A single line gives no rate."""
    command = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write('one\\n')", str(tmp_path / "one.txt")]
    with pytest.raises(RunFailed, match="ended with status 0"):
        stamps.follow(command, tmp_path, "*.txt")


WORKER = """
import subprocess, sys, time
burn = "import time\\nwhile time.process_time() < 0.5: pass"
for number in range(2):
    with open(sys.argv[1], "a") as file:
        file.write(f"{number}\\n")
    time.sleep(0.2)
    subprocess.run([sys.executable, "-c", burn], check=True)
with open(sys.argv[1], "a") as file:
    file.write("2\\n")
time.sleep(0.5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the CPU seconds of other processes")
def test_cpu_seconds_are_of_all_processes_and_leave_out_waiting(stamps: ModuleType, tmp_path: Path) -> None:
    """Two lines that each cost a child half a CPU second come at most at two per CPU second."""
    followed = stamps.follow([sys.executable, "-c", WORKER, str(tmp_path / "lines.txt")], tmp_path, "*.txt")
    assert 0.5 < followed.cpu_rate < 2.1

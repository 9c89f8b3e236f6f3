"""`robustop check --all`: a folder of strategies, each file in a process of its own."""

import json
import time
from pathlib import Path

import pytest

from tests.support.check_command import NO_PARTS, check, write_config
from tests.support.strategy_files import write_strategy

ALL = ["--all", "--strategy-path", "folder", "--seconds", "15"]
HOSTILE = {
    "endless.py": "while True:\n    pass\n",
    "leaves.py": "import sys\nsys.exit(0)\n",
    "dies.py": "import os\nos._exit(7)\n",
    "broken.py": "class Broken(\n",
    "missing.py": "import no_such_module\n",
    "raises.py": "print('loud')\nraise ValueError('odd')\n",
    "spaced.py": "from freqtrade.strategy import IStrategy\nclass Spaced (IStrategy):\n    pass\n",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder with a configuration."""
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path / "config.json", **NO_PARTS)


def test_no_file_ends_the_run(tmp_path: Path) -> None:
    """Endless, exiting, dying and broken files are named with their reasons; the others are checked all the same."""
    for name, text in HOSTILE.items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    (tmp_path / "folder" / "helper.py").write_text("x = 1\n")
    write_strategy(tmp_path / "folder", "Good")
    write_strategy(tmp_path / "folder", "Shorts", "can_short = True")
    body = "robustop = {'partials': []}\ndef should_exit(self, *args, **kwargs):\n    return []"
    write_strategy(tmp_path / "folder", "Bad", body, bases="RobustopMixin, IStrategy")
    result = check(*ALL, "--json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    counts = {key: found[key] for key in ("files", "without_strategy", "files_loaded", "files_passed", "passed")}
    assert counts == {"files": 11, "without_strategy": 1, "files_loaded": 3, "files_passed": 2, "passed": 2}
    by_file = {Path(report["file"]).name: report for report in found["results"]}
    assert {name: report["status"] for name, report in by_file.items()} == {
        **dict.fromkeys(HOSTILE, 2),
        "good.py": 0,
        "shorts.py": 0,
        "bad.py": 1,
    }
    assert {reason["number"] for reason in found["reasons"]} == {1}
    reasons = {(reason["kind"], reason["reason"]) for reason in found["reasons"]}
    assert reasons == {
        ("problem", "should_exit never calls super().should_exit(...)"),
        ("not loaded", "loading and checking the file took more than 15 seconds"),
        ("not loaded", "SystemExit: 0"),
        ("not loaded", "its code ended the process with status 7"),
        ("not loaded", "'(' was never closed"),
        ("not loaded", "No module named 'no_such_module'"),
        ("not loaded", "ValueError: odd"),
        ("not loaded", "Freqtrade finds the class only if the file says class Spaced( with nothing between"),
    }


def test_a_table_with_a_summary(tmp_path: Path) -> None:
    """Each strategy of each file has a row, also those in folders below on request."""
    write_strategy(tmp_path / "folder", "Good")
    write_strategy(tmp_path / "folder" / "deep", "Deeper")
    flat = check(*ALL)
    assert flat.exit_code == 0, flat.output
    assert "1 files: 1 load in Freqtrade by themselves, 1 of them pass" in flat.stdout
    deep = check(*ALL, "--recursive-strategy-search", "--jobs", "1")
    assert "2 strategies: 2 load, 2 pass" in deep.stdout
    assert "deep/deeper.py" in deep.stdout


def test_a_folder_in_which_nothing_loads(tmp_path: Path) -> None:
    """The exit status is 2 if Freqtrade loads none of them."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "missing.py").write_text("import no_such_module\n")
    assert check(*ALL).exit_code == 2


def test_an_interruption_waits_for_no_file(tmp_path: Path) -> None:
    """Whoever stops after the first result has the endless files killed."""
    from robustop_plugin.runner.checks.folder import check_files  # noqa: PLC0415 (Freqtrade is slow to load)
    from robustop_plugin.runner.checks.request import Request  # noqa: PLC0415

    endless = [tmp_path / f"endless{number}.py" for number in range(3)]
    for path in endless:
        path.write_text(f"open({str(path.with_suffix('.started'))!r}, 'w').close()\nwhile True:\n    pass\n")
    good = write_strategy(tmp_path, "Good")
    started = time.monotonic()
    results = check_files(Request(), [endless[0], good, *endless[1:]], seconds=120, jobs=2)
    assert next(results).path == good
    results.close()
    assert time.monotonic() - started < 60

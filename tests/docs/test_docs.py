"""The documentation works: every command shown is run, every example executed, every link followed."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from robustop_plugin.settings import load_settings
from tests.conftest import ROOT

Shell = Callable[[str], None]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SECONDS_TO_START = 30


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands(page: Path) -> list[str]:
    """Return the commands that a page shows, in order."""
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def name_of(page: Path) -> str:
    """Return how a page is called in the list of tests."""
    return str(page.relative_to(ROOT))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder that holds what a clone holds, as far as commands use it."""
    shutil.copy(ROOT / "config.json", tmp_path)
    shutil.copytree(ROOT / "strategies", tmp_path / "strategies", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "user_data").mkdir()
    shutil.copy(ROOT / "user_data" / "offline.json", tmp_path / "user_data")
    shutil.copytree(ROOT / "docs" / "pictures", tmp_path / "docs" / "pictures")
    return tmp_path


@pytest.fixture
def shell(desk: Path) -> Iterator[Shell]:
    """Return a function that runs one command; what it leaves in the background ends with the test."""
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    started: list[subprocess.Popen[str]] = []

    def run(command: str) -> None:
        if command.endswith("&"):
            log = (desk / f"background-{len(started)}.log").open("w+")
            words = command.removesuffix("&").split()
            started.append(subprocess.Popen(words, cwd=desk, env=environment, stdout=log, stderr=log, text=True))
            wait_for_url(Path(log.name), started[-1])
            return
        done = subprocess.run(
            ["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

    yield run
    for process in started:
        process.terminate()
        process.wait()


def wait_for_url(log: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a server has said where it answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while "http://" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name_of)
def test_every_command_shown_works(page: Path, shell: Shell) -> None:
    """Each command of a page ends with status 0, in the order in which the page shows them."""
    for command in commands(page):
        if command.startswith("make "):
            # The targets themselves run this test; that they exist and resolve is what can be seen here.
            subprocess.run(["make", "--dry-run", *command.split()[1:]], cwd=ROOT, check=True, capture_output=True)
        else:
            shell(command)
    for example in blocks(page, "python"):
        if "IStrategy" not in example:
            shell(f"python - <<'END'\n{example}\nEND")


def test_the_example_of_the_readme_is_a_strategy_that_may_start(desk: Path, shell: Shell) -> None:
    """The ten lines of the README pass `robustop check` as they stand."""
    (example,) = blocks(ROOT / "README.md", "python")
    (desk / "strategies" / "my_strategy.py").write_text(example)
    shell("robustop check --strategy MyStrategy --strategy-path strategies")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_shown_are_settings(page: Path) -> None:
    """Each block of settings that a page shows is accepted."""
    for example in blocks(page, "json"):
        load_settings(json.loads(example)["robustop"])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link inside the repository names a file that is there."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_offline_overlay_is_what_the_venue_needs() -> None:
    """The tracked overlay leads to the default port and lists the embedded market."""
    from robustop_plugin.cli.venue import PORT  # noqa: PLC0415 (the venue's libraries are slow to load)
    from robustop_plugin.venue.market import PAIRS  # noqa: PLC0415
    from robustop_plugin.venue.overlay import offline_overlay  # noqa: PLC0415

    kept = json.loads((ROOT / "user_data" / "offline.json").read_text())
    assert kept == offline_overlay(f"http://127.0.0.1:{PORT}", [market.pair for market in PAIRS])

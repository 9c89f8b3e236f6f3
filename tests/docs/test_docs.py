"""The documentation works: every command shown is run, every example executed, every link followed."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robustop_plugin.settings import load_settings
from tests.conftest import ROOT
from tests.support import warm

Shell = Callable[[str], str]
README = ROOT / "README.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SECONDS_TO_START = 60
MY_STRATEGY = ROOT / "tests" / "support" / "my_strategy.py"
"""The strategy of a user, as the README supposes it."""
DEMO, SHORT = "robustop demo --days 20 --out user_data/short", Path("user_data/short")
"""A command with which several pages begin, and the folder that it makes."""


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
def shell(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Return a function from a command to what it prints; what is left in the background ends with the test."""
    folders = [str(warm.write_programs(tmp_path_factory.mktemp("warm") / "bin")), str(warm.BIN), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(folders), "COLUMNS": "120"}
    started: list[subprocess.Popen[str]] = []

    def run(command: str) -> str:
        if command.endswith("&"):
            log = (desk / f"background-{len(started)}.log").open("w+")
            words = command.removesuffix("&").split()
            started.append(subprocess.Popen(words, cwd=desk, env=environment, stdout=log, stderr=log, text=True))
            wait_for_url(Path(log.name), started[-1])
            return ""
        done = subprocess.run(
            ["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout + done.stderr

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


@pytest.fixture
def at_home(desk: Path) -> Iterator[Path]:
    """Return the desk of a newcomer: Freqtrade's folders, candles, a configuration, and an ordinary strategy."""
    from robustop_plugin.venue.market import write_market  # noqa: PLC0415 (the venue's libraries are slow to load)
    from robustop_plugin.venue.overlay import offline_overlay  # noqa: PLC0415
    from robustop_plugin.venue.server import Venue  # noqa: PLC0415

    (desk / "user_data" / "strategies").mkdir()
    shutil.copy(MY_STRATEGY, desk / "user_data" / "strategies")
    candles = desk / "user_data" / "data" / "binance"
    markets = write_market(candles, days=210, timeframe="1h", start=datetime(2024, 1, 1, tzinfo=UTC))
    # Three of the six pairs, dear and cheap ones, want two slots: five runs of Freqtrade in half the time.
    markets = markets[1::2]
    config = json.loads((ROOT / "config.json").read_text()) | {"max_open_trades": 2}
    # The strategy has its own.
    del config["timeframe"]
    with Venue(markets).serve() as url:
        overlay = offline_overlay(url, [market.pair for market in markets])
        (desk / "config.json").write_text(json.dumps({**config, **overlay}))
        yield desk


def test_the_commands_of_the_readme_work(at_home: Path, shell: Shell, tell: Callable[[str], None]) -> None:
    """From an ordinary strategy to a protected one, and to a verified file of its parameters, which Freqtrade loads."""
    pytest.importorskip("numba", reason='compiled replay: pip install "robustop[lab]"')
    for command in commands(README):
        if command.startswith("make "):
            subprocess.run(["make", "--dry-run", *command.split()[1:]], cwd=ROOT, check=True, capture_output=True)
    protect, check, sweep, later = [command for command in commands(README) if not command.startswith("make ")]
    shell(protect)
    (example,) = blocks(README, "python")
    (at_home / "user_data" / "strategies" / "my_strategy_protected.py").write_text(example)
    shell(check)
    said = shell(sweep)
    assert said.count("2024-0") >= 4, said
    assert "verified    5 settings: Freqtrade itself gives the same trades, to the last digit" in said
    parameters = at_home / "user_data" / "strategies" / "my_strategy_protected.json"
    if "could be luck" in said:
        # The market is random, and the sweep has noticed.
        assert "none were written" in said
        assert not parameters.exists()
        said = shell(f"{sweep.replace(' --verify 5', '')} --resume --export-anyway")
    chosen = json.loads(parameters.read_text())["params"]["robustop"]
    tell(f"chosen {chosen}")
    (confirm,) = [line.removeprefix("confirm").strip() for line in said.splitlines() if line.startswith("confirm")]
    found = json.loads((at_home / "user_data" / "sweep" / "MyStrategyProtected.found.json").read_text())
    assert f"{found['chosen']['profit']:.3f}" in shell(confirm)
    with_file = shell(later)
    assert "Loading parameters from file" in with_file
    parameters.unlink()
    assert profit_in(shell(f"{later} --cache none")) != profit_in(with_file)


def profit_in(printed: str) -> str:
    """Return the profit in the table of a backtest."""
    (line,) = [line for line in printed.splitlines() if "Absolute profit" in line]
    return line


def test_the_two_commands_are_the_same_everywhere() -> None:
    """The how-to and the help show those that are run."""
    from robustop_plugin.cli.sweep_options import EPILOG  # noqa: PLC0415

    both = [command for command in commands(README) if not command.startswith("make ")][2:]
    assert len(both) == 2
    for place in (EPILOG, (ROOT / "docs" / "how_to" / "sweep_the_stops.md").read_text()):
        assert "\n".join(both) in re.sub(r"^  ", "", place, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the first page that shows the demo leaves its folder, for the pages after it."""
    return tmp_path_factory.mktemp("demo") / "short"


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page) and page != README], ids=name_of)
def test_every_command_shown_works(page: Path, desk: Path, shell: Shell, demo: Path) -> None:
    """Each command of a page ends with status 0, in the order in which the page shows them."""
    for command in commands(page):
        if command.startswith("make "):
            # The targets themselves run this test; that they exist and resolve is what can be seen here.
            subprocess.run(["make", "--dry-run", *command.split()[1:]], cwd=ROOT, check=True, capture_output=True)
        elif command == DEMO and demo.exists():
            # The same command on the same files leaves the same: once is enough.
            shutil.copytree(demo, desk / SHORT)
        else:
            shell(command)
            if command == DEMO:
                shutil.copytree(desk / SHORT, demo)
    for example in blocks(page, "python"):
        if "RobustopMixin" not in example:
            shell(f"python - <<'END'\n{example}\nEND")


def test_the_example_of_the_readme_is_a_strategy_that_may_start(desk: Path, shell: Shell) -> None:
    """The README shows what `robustop protect` writes, with another block, and it passes `robustop check` as it is."""
    (example,) = blocks(README, "python")
    shutil.copy(MY_STRATEGY, desk / "strategies")
    protect = next(command for command in commands(README) if command.startswith("robustop protect "))
    shell(f"{protect} --strategy-path strategies")
    protected = desk / "strategies" / "my_strategy_protected.py"
    beginnings = [re.findall(r"^(?:from|class) .+$", text, re.MULTILINE) for text in (example, protected.read_text())]
    assert sorted(beginnings[0]) == sorted(beginnings[1])
    protected.write_text(example)
    shell("robustop check --strategy MyStrategyProtected --strategy-path strategies")


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

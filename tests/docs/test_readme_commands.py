"""The README works: its commands lead from an ordinary strategy to a verified file of its parameters."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.conftest import Shell
from tests.support.pages import MY_STRATEGY, README, blocks, commands


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

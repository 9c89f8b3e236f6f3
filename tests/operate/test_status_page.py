"""Each command of the page about looking at a bot works, on a database with a trade in it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.operate.conftest import Open
from tests.support import warm
from tests.support.pages import blocks

PAGE = ROOT / "docs" / "how_to" / "look_at_a_bot.md"
SHOWN = [line for text in blocks(PAGE, "text") for line in re.findall(r"^\$ (.+)$", text, flags=re.MULTILINE)]


@pytest.mark.parametrize("command", [line for line in SHOWN if "--watch" not in line])
def test_a_command_of_the_page_works(writing: Open, tmp_path: Path, command: str) -> None:
    """Where the bot runs, with the configuration that is there."""
    shutil.copy(ROOT / "config.json", tmp_path)
    (tmp_path / "user_data").mkdir()
    writer = writing(f"sqlite:///{tmp_path / 'tradesv3.dryrun.sqlite'}")
    trade = writer.bought(60000.0, pair="BTC/USDT", stop_loss=54000.0, initial_stop_loss=54000.0)
    writer.look(trade, 62400.0)
    writer.loop()
    words = command.split()
    done = subprocess.run(
        [str(warm.BIN / words[0]), *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "BTC/USDT" in done.stdout or "No such trade was closed" in done.stdout


def test_the_page_shows_every_option() -> None:
    """Of the command itself; those of the database are everywhere the same."""
    from robustop_plugin.cli.status import status_command  # noqa: PLC0415

    options = {name for option in status_command.params for name in option.opts}
    assert {name for name in options if name not in PAGE.read_text()} == set()
    assert any("--watch" in line for line in SHOWN)

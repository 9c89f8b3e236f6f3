"""The documentation works: every command shown is run, every example executed, every link followed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from robustop_plugin.settings import load_settings
from tests.conftest import ROOT
from tests.docs.conftest import Shell
from tests.support.pages import PAGES, README, blocks, commands, name_of

DEMO, SHORT = "robustop demo --days 20 --out user_data/short", Path("user_data/short")
"""A command with which several pages begin, and the folder that it makes."""


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

"""The wheel beside each tested Freqtrade, in an empty environment: none of the user's packages moves.

Run by `make wheels`, which names a folder in ROBUSTOP_WHEELS: it needs the network, some gigabytes and minutes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.compatibility.test_releases import of_the_page
from tests.conftest import ROOT
from tests.support.wheel import build_wheel

FOLDER = os.environ.get("ROBUSTOP_WHEELS")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="installs six releases of Freqtrade: make wheels")

RELEASED = {
    "2026.9": date(2026, 9, 29),
    "2026.8": date(2026, 8, 31),
    "2026.7": date(2026, 7, 31),
    "2026.6": date(2026, 6, 29),
    "2026.5.1": date(2026, 6, 3),
    "2026.4": date(2026, 4, 30),
}
"""When each release was published; its user has the packages of a week later."""

UV = str(Path(sys.executable).with_name("uv"))


def run(*command: str | Path) -> str:
    """Run a command outside of the project and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=FOLDER, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def freeze(python: Path) -> list[str]:
    """Return the packages of an environment with their versions, as pip lists them."""
    return run(python, "-m", "pip", "freeze", "--all").splitlines()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built once."""
    Path(FOLDER or "").mkdir(parents=True, exist_ok=True)
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def installed(release: str) -> Path:
    """Return the Python of a new environment as a user of that release has it, without robustop."""
    venv = Path(FOLDER or "") / release
    python = venv / "bin" / "python"
    run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, venv)
    day = RELEASED[release] + timedelta(days=7)
    run(UV, "pip", "install", "--quiet", "--python", python, "--exclude-newer", day, f"freqtrade=={release}", "pip")
    return python


def test_every_release_has_its_date() -> None:
    """The dates are those of the releases of the documentation's table."""
    assert list(RELEASED) == of_the_page()


@pytest.mark.parametrize("release", RELEASED)
def test_installing_the_wheel_moves_nothing(
    release: str, wheel: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """`pip install` adds robustop and changes no other line; on the oldest and the newest the README's example runs."""
    python = installed(release)
    before = freeze(python)
    run(python, "-m", "pip", "install", "--quiet", wheel)
    after = freeze(python)
    (new,) = sorted(set(after) - set(before))
    assert new.startswith("robustop @ file://")
    assert [line for line in before if line not in after] == []
    tell(f"Freqtrade {release}: {len(before)} packages before, the same and robustop after")
    if release not in (of_the_page()[0], of_the_page()[-1]):
        return
    script = ROOT / "tests" / "support" / "readme_backtest.py"
    ran = json.loads(run(python, script, ROOT / "README.md", tmp_path / "example").splitlines()[-1])
    assert ran["freqtrade"] == release
    assert Path(ran["robustop"]).is_relative_to(python.parents[1])
    assert len(ran["trades"]) > 50
    assert ran["moves"] > 50
    tell(f"Freqtrade {release}: the README's example made {len(ran['trades'])} trades, {ran['moves']} stop moves")

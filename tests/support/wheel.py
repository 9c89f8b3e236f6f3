"""Builds the wheel from a copy of the sources, so that nothing is written into the project."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SOURCES = ("pyproject.toml", "README.md", "LICENSE")


def build_wheel(folder: Path) -> Path:
    """Build the wheel into an empty folder and return its path; nothing is fetched from the network."""
    copy = folder / "sources"
    copy.mkdir(parents=True)
    for name in SOURCES:
        shutil.copy(ROOT / name, copy)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "robustop_plugin", copy / "robustop_plugin", ignore=ignored)
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=copy, check=True, capture_output=True)
    (wheel,) = folder.glob("robustop-*.whl")
    return wheel

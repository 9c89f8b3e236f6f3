"""What was measured, and on which machine."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from stops import ROOT

PACKAGES = ("robustop", "freqtrade", "numpy", "pandas", "numba", "vectorbt", "vectorbt-rust")


def commit() -> str:
    """Return the measured commit, marked if files differ from it; empty outside a repository."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def machine() -> dict[str, Any]:
    """Return what the seconds depend on: versions, cores and load."""
    return {
        "versions": {"python": platform.python_version(), **dict(_installed())},
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def _installed() -> list[tuple[str, str]]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found

"""Identifies a build of the package in the configuration, for Freqtrade's backtest cache.

The cache compares only the configuration and the strategy file. Without the stamp, it would return the results of
another build.
"""

import hashlib
from functools import cache
from pathlib import Path

import robustop_plugin
from robustop_plugin.version import __version__

KEY = "package"
"""Key of the stamp in the robustop block of the configuration."""


@cache
def stamp() -> str:
    """Return the version and a hash of the package's source files."""
    folder = Path(robustop_plugin.__file__).parent
    digest = hashlib.sha256()
    for source in sorted(folder.rglob("*.py")):
        digest.update(source.relative_to(folder).as_posix().encode())
        digest.update(source.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"

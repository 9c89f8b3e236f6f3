"""What tells two builds of the package apart.

Freqtrade's backtest cache looks at the configuration and the strategy file alone: without the stamp it would
serve the results of one build as those of another.
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

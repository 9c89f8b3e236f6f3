"""A sixth engine, a toy, and a copy of the package that it is added to."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import ROOT

PACKAGE = ROOT / "robustop_plugin"

HALFWAY = '''"""A toy: the stop follows at a share of the best price's gain."""

from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVEL, Levels, View
from robustop_plugin.core.exact import add, decimal, multiply
from robustop_plugin.core.side import signed


class HalfwayOptions(NamedTuple):
    """Settings of the engine: the share of the gain that is kept, in (0, 1)."""

    share: float


def halfway(view: View, options: HalfwayOptions) -> Levels:
    """Return a trail between the entry and the best price."""
    kept = multiply(decimal(options.share), view.gain)
    return Levels(NO_LEVEL, add(view.entry, signed(view.side, kept)))
'''
BLOCK = '''class Halfway(EngineBlock):
    """The toy."""

    name: Literal["halfway"]
    share: float = Field(default=0.5, gt=0, lt=1)

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:
        """Return the engine."""
        return engine_of(self.name, HalfwayOptions(self.share), steady=False)


AnyEngine = Halfway | '''
STRATEGY = """from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin


class Toy(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "1h", -0.3, {}
    robustop = {"engines": [{"name": "%s"}], "partials": []}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    populate_entry_trend = populate_exit_trend = populate_indicators
"""
REPLAYED = """
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.loader.unsupported import refuse_block
from robustop_plugin.settings import load_settings

block = load_settings({"engines": [{"name": "hand_span"}, {"name": "halfway"}], "partials": []}).default
try:
    refuse_block(block)
except NotModelled as error:
    print(error)
"""
TUNED = """
from robustop_plugin.settings import load_settings
from robustop_plugin.settings.tuning import tunable_parameters

block = load_settings({"engines": [{"name": "halfway", "share": 0.25}]}).default
print(*(parameter.name for parameter in tunable_parameters(block)))
"""


class Addition(NamedTuple):
    """A text of a file of the package, and what it becomes."""

    file: str
    text: str
    becomes: str


ADDITIONS = (
    Addition(
        "engines/registry.py",
        "import atr_guard, bracket, hand_span, r_ladder",
        "import atr_guard, bracket, halfway, hand_span, r_ladder",
    ),
    Addition(
        "engines/registry.py",
        "ENGINES: Final = {\n",
        'ENGINES: Final = {\n    "halfway": EngineFunctions(halfway.halfway),\n',
    ),
    Addition(
        "settings/engines.py",
        "from robustop_plugin.engines.hand_span",
        "from robustop_plugin.engines.halfway import HalfwayOptions\nfrom robustop_plugin.engines.hand_span",
    ),
    Addition("settings/engines.py", "AnyEngine = ", BLOCK),
    Addition(
        "settings/tuning.py",
        '        case "atr_guard":\n',
        '        case "halfway":\n            yield from _scalars(path, engine, "share")\n        case "atr_guard":\n',
    ),
)


class Copy(NamedTuple):
    """A folder that holds a copy of the package with the sixth engine in it."""

    folder: Path

    def python(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run Python in the folder, so that it imports the copy."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, input=text, capture_output=True, text=True, check=False
        )

    def robustop(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the copy."""
        return self.python("-c", "from robustop_plugin.cli.main import main; main()", *arguments, text=text)

    def simulate(self, **parts: Any) -> subprocess.CompletedProcess[str]:
        """Run a case of one engine, the toy if nothing else is said."""
        case = {"side": "long", "entry": 100, "initial_stop": 90, "tick_size": 0.01, "ticks": [], **parts}
        return self.robustop("simulate", text=json.dumps(case))


def files(folder: Path) -> set[str]:
    """Return the paths of all source files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def touched_files(copy: Path) -> Iterator[str]:
    """Yield the files that were changed, added or removed against the package."""
    for name in sorted(files(PACKAGE) | files(copy)):
        both = (PACKAGE / name).is_file() and (copy / name).is_file()
        if not both or not filecmp.cmp(PACKAGE / name, copy / name, shallow=False):
            yield name


def with_sixth_engine(folder: Path) -> Copy:
    """Return a copy of the package with the toy in it; each text that an addition replaces is there once."""
    package = folder / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "engines" / "halfway.py").write_text(HALFWAY, encoding="utf-8")
    for file, text, becomes in ADDITIONS:
        path = package / file
        before = path.read_text(encoding="utf-8")
        assert before.count(text) == 1
        path.write_text(before.replace(text, becomes), encoding="utf-8")
    return Copy(folder)

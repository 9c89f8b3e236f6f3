"""The text of a strategy file that adds robustop to a strategy of the user's."""

import importlib.util
import keyword
from collections.abc import Sequence
from pathlib import Path

SUFFIX, CLASS_SUFFIX = "_protected", "Protected"

ENGINES = {
    "hand_span": (
        "After 1R of profit the stop goes to breakeven, after each further R one R up.",
        '{"name": "hand_span"}',
    ),
    "smart_trail": (
        "Once the profit has reached activation_percent, the stop follows distance_percent behind the best price.",
        '{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 0.5}',
    ),
    "atr_guard": (
        "Breakeven at a profit of breakeven_atr average true ranges, then trail_atr of them behind the best price.",
        '{"name": "atr_guard", "breakeven_atr": 2.0, "trail_atr": 2.0}',
    ),
    "r_ladder": (
        "At each profit in R: breakeven, or so many R behind the best price.",
        '{"name": "r_ladder", "rungs": [[1.0, "breakeven"], [1.5, 1.0], [2.0, 1.0], [3.0, 1.5], [4.0, 2.0]]}',
    ),
    "bracket": (
        "Takes the whole profit at base_ratio times R; the stop stays where it is.",
        '{"name": "bracket", "base_ratio": 1.5}',
    ),
}
"""A comment and a block for each engine."""

SCHEDULE = '[[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]'

TEXT = '''"""{strategy} with robustop's stops. {file} itself is unchanged.

After a change of the settings: robustop check --strategy {protected}
"""

{loading}


class {protected}(RobustopMixin, {strategy}):
    """{strategy}, protected."""

    robustop = {{
        # The tightest stop of all is in force: the engines', the strategy's own and Freqtrade's. It never loosens.
        # R is the distance of the initial stop from the entry.
        "engines": [
{engines}
        ],
        # Two average true ranges from the entry, but never farther than the strategy's stoploss.
        "initial_stop": {{"kind": "atr", "multiplier": 2.0}},
        # {about_partials}
        "partials": {partials},
    }}
'''

BY_NAME = """from robustop_plugin import RobustopMixin
from {module} import {strategy}"""

BY_FILE = """import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from robustop_plugin import RobustopMixin

# The name of the file cannot be imported: it is no Python name, or the name of another module.
_spec = spec_from_file_location("{module}", Path(__file__).with_name({file!r}))
_module = sys.modules[_spec.name] = module_from_spec(_spec)
_spec.loader.exec_module(_module)
{strategy} = _module.{strategy}"""


def protected_text(strategy: str, file: Path, engines: Sequence[str], *, partials: bool) -> str:
    """Return the text of the file that protects a strategy.

    Args:
        strategy: Name of the strategy class.
        file: Its file, in the folder of the new one.
        engines: Names of the engines.
        partials: True to sell parts of a position.
    """
    by_name = is_importable(file)
    module = file.stem if by_name else "robustop_protects_" + "".join(c if c.isalnum() else "_" for c in file.stem)
    loading = (BY_NAME if by_name else BY_FILE).format(module=module, file=file.name, strategy=strategy)
    blocks = [line for name in engines for line in (f"# {ENGINES[name][0]}", f"{ENGINES[name][1]},")]
    about = (
        "Half of the position is sold at a profit of 2R, a quarter at 3R and the rest at 4R; [] sells no parts."
        if partials
        else f"No parts are sold. Half at a profit of 2R, a quarter at 3R, the rest at 4R: {SCHEDULE}"
    )
    return TEXT.format(
        strategy=strategy,
        protected=strategy + CLASS_SUFFIX,
        file=file.name,
        loading=loading,
        engines="\n".join(f"            {line}" for line in blocks),
        about_partials=about,
        partials=SCHEDULE if partials else "[]",
    )


def is_importable(file: Path) -> bool:
    """Return True if a file beside another can be imported by its name."""
    if not file.stem.isidentifier() or keyword.iskeyword(file.stem):
        return False
    try:
        spec = importlib.util.find_spec(file.stem)
    except (ImportError, ValueError):
        return False
    # A module of the same name elsewhere may be loaded already.
    return spec is None or (spec.origin is not None and Path(spec.origin).resolve() == file.resolve())

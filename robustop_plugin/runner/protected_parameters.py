"""Copies the parameter file of a strategy for its protected class: Freqtrade loads parameters by the class's name."""

import json
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.tuning import PREFIX

NAME, PARAMETERS = "strategy_name", "params"


def parameters_for(source: Path, target: Path, protected: str) -> str | None:
    """Return the text of the parameter file of a protected class; None if the strategy has no parameter file.

    Values of robustop's own parameters that the target has already are kept.

    Args:
        source: The parameter file of the strategy.
        target: The parameter file of the protected class, which may not exist.
        protected: Name of the protected class.

    Raises:
        InvalidSettings: A file is no parameter file.
    """
    if not source.is_file():
        return None
    content = _read(source)
    before = _read(target)[PARAMETERS].get(PREFIX) if target.is_file() else None
    params = {**content[PARAMETERS], **({PREFIX: before} if before is not None else {})}
    return json.dumps({**content, NAME: protected, PARAMETERS: params}, indent=2) + "\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{path} cannot be read as a parameter file: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.setdefault(PARAMETERS, {}), dict):
        raise InvalidSettings(f"{path} is no parameter file: it has no block {PARAMETERS!r}")
    return content

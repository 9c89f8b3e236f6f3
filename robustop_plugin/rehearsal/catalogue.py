"""The scenarios of the package, and those of a user's own files."""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.scenario import Scenario
from robustop_plugin.rehearsal.steps import EACH, Step
from robustop_plugin.rehearsal.trouble import ALL_STEPS
from robustop_plugin.settings.describe import describe, shown

FOLDER = Path(__file__).parent / "scenarios"
SUFFIX = ".toml"


@cache
def scenario_names() -> tuple[str, ...]:
    """Return the names of the package's scenarios, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}")))


def find_scenario(name: str) -> Scenario:
    """Return a scenario of the package by its name, or of a file by its path.

    Raises:
        InvalidSettings: There is no such scenario, or its file is invalid.
    """
    if name in scenario_names():
        return read_scenario(FOLDER / f"{name}{SUFFIX}")
    if name.endswith(SUFFIX):
        return read_scenario(Path(name))
    raise InvalidSettings(
        f"scenario was {name!r}: it must be a file ending in {SUFFIX} or one of {', '.join(scenario_names())}"
    )


def read_scenario(path: Path) -> Scenario:
    """Return the scenario of a file.

    Raises:
        InvalidSettings: One line that names file, key, value and bound.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path} is not TOML: {error}") from error
    steps = content.pop("steps", None)
    if not isinstance(steps, list) or not steps:
        raise InvalidSettings(f"{path}: steps was {shown(steps)}: it must be a list of steps, written as [[steps]]")
    read = tuple(_step(path, number, step) for number, step in enumerate(steps))
    scenario: Scenario = _validated(Scenario, {"name": path.stem, **content, "steps": read}, path, "")
    for number, step in enumerate(read):
        pair = getattr(step, "pair", 1)
        if pair > scenario.pairs:
            raise InvalidSettings(f"{path}: steps[{number}].pair was {pair}: it must be <= pairs ({scenario.pairs})")
    return scenario.model_copy(update={"steps": tuple(_for_each_pair(read, scenario.pairs))})


def _for_each_pair(steps: Sequence[Step], pairs: int) -> Iterator[Step]:
    """Yield the steps; one for each pair becomes as many."""
    for step in steps:
        if getattr(step, "pair", 1) == EACH:
            yield from (step.model_copy(update={"pair": pair}) for pair in range(1, pairs + 1))
        else:
            yield step


def _step(path: Path, number: int, content: Any) -> Step:
    do = content.get("do") if isinstance(content, dict) else None
    if do not in ALL_STEPS:
        raise InvalidSettings(f"{path}: steps[{number}].do was {shown(do)}: it must be one of {', '.join(ALL_STEPS)}")
    step: Step = _validated(ALL_STEPS[do], content, path, f"steps[{number}]")
    return step


def _validated(model: type[BaseModel], content: dict[str, Any], path: Path, name: str) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InvalidSettings(f"{path}: {describe(error, name, model)}") from error

"""The arrows inside `lab/sweep`, and the walls around `cli`, `lab/replay` and Freqtrade."""

from pathlib import Path

import pytest

from tests.test_architecture import MODULES, PACKAGE, imports

SWEEP = PACKAGE / "lab" / "sweep"
ROOMS = [
    "sweep",
    "heat_map",
    "parameter_file",
    "plan",
    "strategy",
    "judging",
    "search",
    "scores",
    "evaluators",
    "space",
    "windows",
]
"""The folders and top-level modules of `lab/sweep`; each may import those below it in this list, and no other."""

FILES = [path for path in MODULES if path.is_relative_to(SWEEP) and path != SWEEP / "__init__.py"]


def room_of(path: Path) -> str:
    """Return the folder or top-level module of `lab/sweep` that a file belongs to."""
    return path.relative_to(SWEEP).parts[0].removesuffix(".py")


def sweep_rooms_of(path: Path) -> set[str]:
    """Return the folders and top-level modules of `lab/sweep` that a file imports, its own excepted."""
    names = {name for name in imports(path) if name.startswith("robustop_plugin.lab.sweep.")}
    return {name.split(".")[3] for name in names} - {room_of(path)}


def within(path: Path, *folders: str) -> bool:
    """Return whether a file of the package is in one of some folders."""
    return any(path.is_relative_to(PACKAGE / folder) for folder in folders)


def test_the_list_names_every_room_once() -> None:
    """A new folder or top-level module of the sweep has to be given its place in the order."""
    assert sorted(ROOMS) == sorted({room_of(path) for path in FILES})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SWEEP).as_posix())
def test_every_import_inside_the_sweep_goes_down_the_list(path: Path) -> None:
    """No folder or module of the sweep imports one that stands above it."""
    below = set(ROOMS[ROOMS.index(room_of(path)) + 1 :])
    assert sweep_rooms_of(path) <= below


def test_the_sweep_is_imported_only_by_the_command_line() -> None:
    """Neither the replay nor the rest of the lab knows that there is a sweep."""
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in MODULES
        for name in imports(path)
        if name.startswith("robustop_plugin.lab.sweep") and not path.is_relative_to(SWEEP)
    }
    assert users == {"cli"}


def test_nothing_imports_the_command_line_but_itself() -> None:
    """What a command does can be used without the command."""
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in MODULES
        for name in imports(path)
        if name.startswith("robustop_plugin.cli")
    }
    assert users == {"cli"}


def test_of_runner_cli_and_the_sweep_only_runner_and_evaluators_import_freqtrade() -> None:
    """Everything else gets candles, settings and trades from these two, in types of this package."""
    area = [path for path in MODULES if within(path, "runner", "cli", "lab") and not within(path, "lab/replay")]
    folders = {
        path.relative_to(PACKAGE).parent.as_posix()
        for path in area
        for name in imports(path)
        if name.split(".")[0] in ("freqtrade", "ccxt")
    }
    assert folders == {"runner", "runner/checks", "runner/warm", "lab/sweep/evaluators"}

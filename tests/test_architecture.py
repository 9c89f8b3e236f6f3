"""The arrows between the parts of the package, and the bounds of its files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import robustop_plugin

PACKAGE = Path(robustop_plugin.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 250

ALLOWED = {
    "core": set(),
    "engines": {"core"},
    "protections": {"core"},
    "settings": {"core", "engines", "protections"},
    "metrics": {"core"},
    "audit": {"core", "metrics"},
    "operate": {"core", "engines", "settings", "audit"},
    "bridge": {"core", "protections", "settings", "audit", "metrics", "version"},
    "runner": {"core", "settings", "audit", "bridge"},
    "lab": {"core", "engines", "protections", "settings", "audit", "bridge", "runner"},
    "venue": {"core"},
    "rehearsal": {"core", "settings", "runner", "venue"},
    "cli": {
        "core",
        "settings",
        "audit",
        "metrics",
        "operate",
        "bridge",
        "runner",
        "lab",
        "venue",
        "rehearsal",
        "version",
    },
    "version": set(),
    "__init__": {"bridge", "version"},
}
"""Which parts a part may import, beside itself."""

PURE = ("core", "engines", "protections")


def part_of(path: Path) -> str:
    """Return the part of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_parts(path: Path) -> set[str]:
    """Return the parts of the package that a file imports."""
    names = {name.split(".")[1] for name in imports(path) if name.startswith("robustop_plugin.")}
    return names & ALLOWED.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_the_arrows_allow(path: Path) -> None:
    """No arrow between two parts of the package points the wrong way."""
    part = part_of(path)
    assert own_parts(path) <= ALLOWED[part] | {part}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_fits_on_a_few_screens(path: Path) -> None:
    """No file of the package has more lines than the bound."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


KNOWS_FREQTRADE = ("bridge", "runner", "lab/replay/loader", "lab/sweep/evaluators")
"""The only rooms that import Freqtrade."""
KNOWS_CCXT = (*KNOWS_FREQTRADE, "operate/exchange")
"""The only rooms that import its exchange library."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_freqtrade_is_imported_only_where_it_is_talked_to(path: Path) -> None:
    """Inside the bot, in what runs Freqtrade from outside, and in what compares with it."""
    names, here = {name.split(".")[0] for name in imports(path)}, path.relative_to(PACKAGE).as_posix()
    for library, rooms in (("freqtrade", KNOWS_FREQTRADE), ("ccxt", KNOWS_CCXT)):
        assert library not in names or here.startswith(tuple(f"{room}/" for room in rooms))


@pytest.mark.parametrize("room", KNOWS_FREQTRADE)
def test_each_of_these_rooms_needs_it(room: str) -> None:
    """A room that does not import Freqtrade any more leaves the list."""
    names = {name.split(".")[0] for path in (PACKAGE / room).rglob("*.py") for name in imports(path)}
    assert "freqtrade" in names


def test_findings_are_pure() -> None:
    """What is wrong follows from the facts of a look: no clock, no log, no disk, no network, no exchange library."""
    allowed = {"typing", "collections", "enum", "robustop_plugin"}
    files = sorted((PACKAGE / "operate" / "findings").glob("*.py"))
    assert files
    assert {name.split(".")[0] for path in files for name in imports(path)} <= allowed


@pytest.mark.parametrize("part", PURE)
def test_the_pure_parts_use_the_standard_library_alone(part: str) -> None:
    """Core and engines import nothing that has a clock, a log, a disk or a network, and nothing installed."""
    allowed = {"math", "typing", "collections", "dataclasses", "enum", "functools", "robustop_plugin"}
    used = {name.split(".")[0] for path in MODULES if part_of(path) == part for name in imports(path)}
    assert used <= allowed


def test_public_names_are_sorted_and_there() -> None:
    """`__all__` is sorted, and every name in it can be had."""
    assert robustop_plugin.__all__ == sorted(robustop_plugin.__all__)
    assert all(hasattr(robustop_plugin, name) for name in robustop_plugin.__all__)


def test_the_mixin_module_stays_tiny() -> None:
    """Freqtrade pickles the mixin's module by value: it defines the mixin and nothing else."""
    tree = ast.parse((PACKAGE / "bridge" / "mixin.py").read_text(encoding="utf-8"))
    defined = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert [node.name for node in defined] == ["RobustopMixin"]

"""The folder of compiled code: what it depends on, that its code is used again, and how old ones are deleted."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import robustop_plugin
from robustop_plugin import bridge, cli, venue
from robustop_plugin.core import decision, engine, errors, facts
from robustop_plugin.lab import pictures, sweep
from robustop_plugin.lab.replay import compiler, evaluator, lean_compiler, numba_internals, settings_to_tables
from robustop_plugin.lab.replay.code_cache import SECONDS_KEPT, delete_old_folders, name_of_build, prepared_folder
from robustop_plugin.lab.replay.kernel.modules import MODULES
from robustop_plugin.lab.replay.loader import candles
from robustop_plugin.lab.replay.tiers import Tier

pytest.importorskip("numba")

from robustop_plugin.lab.replay import fma, inner_code, quick_code

PACKAGE = Path(robustop_plugin.__file__).parent
COMPILER = (compiler, fma, inner_code, lean_compiler, numba_internals, quick_code)
IMPORTED = (decision, errors, facts, engine)
"""Modules that compiled ones import, and that are not compiled themselves."""

CALL = """
from robustop_plugin.core import exact, grid, side, whole_numbers
from robustop_plugin.lab.replay.compiler import compiled

function = compiled((exact, whole_numbers, side, grid), kept=True)[grid.round_towards_market]
price = function(1, exact.Exact(102.6, 0.0), grid.Grid(1.0, 10.0))
print(price, sum(function.stats.cache_hits.values()), sum(function.stats.cache_misses.values()))
"""

OTHER_SIDE = """

def towards_market(side: int, ticks: Exact) -> float:
    return ticks.high * 0.0 + 7.0
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the package."""
    copy = tmp_path / "copy" / PACKAGE.name
    return Path(shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__")))


def copied(package: Path, module: ModuleType) -> Path:
    """Return the copy of a module's file."""
    return package / Path(str(module.__file__)).relative_to(PACKAGE)


def name(package: Path, tier: Tier = Tier.FULL) -> str:
    """Return the name of the folder for the replay of a copy."""
    files = [copied(package, module) for module in COMPILER]
    return name_of_build(package, [copied(package, module) for module in MODULES], files, tier)


def change(file: Path) -> None:
    """Change a file."""
    file.write_text(file.read_text(encoding="utf-8") + "\n# A change.\n", encoding="utf-8")


def test_every_compiled_source_and_the_compiler_are_in_the_name(package: Path) -> None:
    """A change of a compiled file, of a file that one imports, or of the compiler leads to a new folder."""
    names = [name(package)]
    for module in (*MODULES, *IMPORTED, *COMPILER):
        change(copied(package, module))
        names.append(name(package))
    assert len(set(names)) == len(MODULES) + len(IMPORTED) + len(COMPILER) + 1


def test_each_tier_has_a_folder_of_its_own(package: Path) -> None:
    """Quick code is not found where full code is looked for."""
    assert name(package, Tier.QUICK) != name(package, Tier.FULL)


def test_other_sources_are_not_in_the_name(package: Path) -> None:
    """A change of the bridge, the command line, the venue or the sweep keeps the folder."""
    before = name(package)
    changed = [copied(package, module) for module in (robustop_plugin, evaluator, settings_to_tables, candles)]
    for part in (bridge, cli, venue, sweep, pictures):
        files = list(copied(package, part).parent.rglob("*.py"))
        assert len(files) > 1
        changed += files
    for file in changed:
        change(file)
    assert name(package) == before


def test_a_source_that_moves_is_in_the_name(package: Path) -> None:
    """The same text in a file of another name leads to a new folder."""
    before = name(package)
    file = copied(package, engine)
    file.rename(file.with_name("moved.py"))
    assert name(package) != before


def call(package: Path, folder: Path) -> list[float]:
    """Return a compiled function's result in another process, and how often its code was kept and was not."""
    variables = {**os.environ, "PYTHONPATH": str(package.parent), "ROBUSTOP_CACHE": str(folder)}
    command = [sys.executable, "-P", "-c", CALL]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=300)
    return [float(word) for word in ended.stdout.split()]


def test_code_is_used_again_until_what_it_calls_changes(package: Path, tmp_path: Path) -> None:
    """A second process compiles nothing; a change in another file that the function calls reaches the third."""
    assert call(package, tmp_path / "cache") == [10.3, 0, 1]
    assert call(package, tmp_path / "cache") == [10.3, 1, 0]
    file = package / "core" / "side.py"
    file.write_text(file.read_text(encoding="utf-8") + OTHER_SIDE, encoding="utf-8")
    assert call(package, tmp_path / "cache") == [0.7, 0, 1]


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a folder as numba fills it, last used a number of seconds ago."""

    def make(folder: str, *more: str, unused: float = SECONDS_KEPT + 60) -> Path:
        path = tmp_path / "robustop" / folder
        for file in ("core_12ab/exact.add-1.py311.nbi", "core_12ab/exact.add-1.py311.1.nbc", *more):
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_bytes(b"code")
        os.utime(path, (time.time() - unused,) * 2)
        return path

    return make


def test_folders_that_were_not_used_for_a_day_are_deleted(made: Callable[..., Path]) -> None:
    """Older builds go, with files that a process left when it was killed; the current one stays whatever its age."""
    old, killed = made("0123456789abcdef"), made("1123456789abcdef", "core_12ab/exact.add-1.py311.nbi.tmp.12ab")
    current = made("2123456789abcdef")
    delete_old_folders(current)
    assert [old.exists(), killed.exists(), current.exists()] == [False, False, True]


def test_a_folder_that_another_process_may_use_stays(made: Callable[..., Path]) -> None:
    """Whoever prepared a folder within the last day still finds its code."""
    used = made("0123456789abcdef", unused=SECONDS_KEPT - 60)
    delete_old_folders(made("2123456789abcdef"))
    assert len(list(used.rglob("*.nb?"))) == 2


@pytest.mark.parametrize("folder", ["0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", "results"])
def test_folders_of_other_names_stay(made: Callable[..., Path], folder: str) -> None:
    """What robustop did not make is left alone."""
    other = made(folder)
    delete_old_folders(made("2123456789abcdef"))
    assert len(list(other.rglob("*.nb?"))) == 2


@pytest.mark.parametrize("file", ["notes.txt", "core_12ab/notes.txt", "core_12ab/deeper/exact.nbi"])
def test_a_folder_with_files_of_others_stays_whole(made: Callable[..., Path], file: str) -> None:
    """One file that numba did not write keeps all of a folder."""
    other = made("0123456789abcdef", file)
    delete_old_folders(made("2123456789abcdef"))
    assert (other / file).exists()
    assert len(list((other / "core_12ab").glob("*.nb?"))) == 2


def test_links_are_not_followed(made: Callable[..., Path], tmp_path: Path) -> None:
    """A link in place of a folder, or in one, leads to somebody else's files."""
    current, linking, target = made("2123456789abcdef"), made("0123456789abcdef"), tmp_path / "target"
    shutil.copytree(linking, target)
    os.utime(target, (1, 1))
    (current.parent / "3123456789abcdef").symlink_to(target)
    (linking / "linked").symlink_to(target / "core_12ab")
    os.utime(linking, (1, 1))
    delete_old_folders(current)
    assert len(list(target.rglob("*.nb?"))) == 2


def test_a_new_folder_replaces_old_ones_and_a_used_one_is_marked(
    made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a new folder deletes others; each use of a folder counts as one."""
    monkeypatch.setenv("ROBUSTOP_CACHE", str(tmp_path))
    first = made("0123456789abcdef")
    folder = prepared_folder((engine,), (), Tier.FULL)
    assert folder is not None
    assert folder.parent == first.parent
    assert not first.exists()
    second = made("1123456789abcdef")
    os.utime(folder, (1, 1))
    assert prepared_folder((engine,), (), Tier.FULL) == folder
    assert time.time() - folder.stat().st_mtime < SECONDS_KEPT
    assert second.exists()

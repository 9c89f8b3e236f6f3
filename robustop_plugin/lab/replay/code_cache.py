"""The folder in which compiled code is kept from one run to the next.

Numba reuses code when the file that defines a function is unchanged, but a function contains what it calls in other
files. Therefore the name of the folder is a hash of all sources that the code is made of, and of the compiler.
"""

import ast
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import robustop_plugin
from robustop_plugin.lab.replay.tiers import Tier

CACHE = "ROBUSTOP_CACHE"
"""Environment variable: the folder that holds the folders of compiled code."""

LIBRARIES = ("numba", "llvmlite", "numpy")

SECONDS_KEPT = 24 * 3600
"""A folder of another build is kept for this time after its last use.

Numba opens files when a function is called for the first time, so another process may still read a folder. A process
marks its folder as used whenever it prepares to compile. If a folder of an older process is deleted, numba compiles
again and makes the folder again when it saves. Only if the folder is deleted while the process saves to it does that
process fail.
"""

NAME = re.compile(r"[0-9a-f]{16}")
FILE = re.compile(r".+\.nb[ic](\.tmp\.[0-9a-f]+)?")
"""Names that numba gives: index, data, and either of them while it is written."""


def prepared_folder(modules: tuple[ModuleType, ...], compiler: tuple[Path, ...], tier: Tier) -> Path | None:
    """Return the folder for the compiled code of modules, or None if it is not writable.

    A new folder replaces those of older builds.

    Args:
        modules: All modules that are compiled.
        compiler: Sources that decide how the modules are compiled.
        tier: How far the code is optimized.
    """
    base = os.environ.get(CACHE) or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "robustop" / _name(modules, compiler, tier)
    try:
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return None
    if is_new:
        with suppress(OSError):
            delete_old_folders(folder)
    return folder if os.access(folder, os.W_OK) else None


def is_kept(folder: Path, name: str, count: int) -> bool:
    """Return True if a folder has code of a function, for a number of types of arguments.

    Args:
        folder: The folder of a build.
        name: Module and function, as in `batch.play_all`.
        count: Number of types.
    """
    return len(list(folder.glob(f"*/{name}-*.nbc"))) >= count


@cache
def _name(modules: tuple[ModuleType, ...], compiler: tuple[Path, ...], tier: Tier) -> str:
    package = Path(robustop_plugin.__file__).parent
    return name_of_build(package, [Path(str(module.__file__)) for module in modules], compiler, tier)


def name_of_build(package: Path, files: Iterable[Path], compiler: Iterable[Path], tier: Tier) -> str:
    """Return the name of the folder for the compiled code of files of a package."""
    versions = [(library, version(library)) for library in LIBRARIES]
    digest = hashlib.sha256(repr([sys.version, str(tier), *versions]).encode())
    for source in sorted(sources(package, files).union(compiler)):
        content = source.read_bytes()
        digest.update(f"\n{os.path.relpath(source, package)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def sources(package: Path, files: Iterable[Path]) -> set[Path]:
    """Return the files, and all files of the package that these import, directly or through others."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported(package, file))
    return found


def _imported(package: Path, file: Path) -> Iterator[Path]:
    """Yield the files of the package that a file imports. The package has absolute imports only."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from package import name`: a module of this name, or else something that the package's own file defines.
            inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            names = [name if _file(package, name) else str(node.module) for name in inner.values()]
        else:
            continue
        yield from (found for name in names if (found := _file(package, name)))


def _file(package: Path, name: str) -> Path | None:
    """Return the file of a module of the package, by its dotted name."""
    top, *parts = name.split(".")
    path = package.joinpath(*parts)
    files = (path.with_name(f"{path.name}.py"), path / "__init__.py") if top == package.name else ()
    return next((file for file in files if file.is_file()), None)


def delete_old_folders(current: Path) -> None:
    """Delete the folders of other builds beside the current one that have not been used for a day.

    A folder is deleted if its name has the form of a build's and all its files have names of numba's. Others stay.
    """
    for folder in current.parent.iterdir():
        if folder != current and NAME.fullmatch(folder.name) and not folder.is_symlink():
            # Another process may delete the same folder, or it may belong to another user.
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > SECONDS_KEPT:
                    _delete(folder)


def _delete(folder: Path) -> None:
    """Delete a folder of folders of numba's files. Raises OSError at the first file of another name."""
    inner = list(folder.iterdir())
    files = [file for subfolder in inner for file in subfolder.iterdir()]
    if all(FILE.fullmatch(file.name) for file in files) and not any(subfolder.is_symlink() for subfolder in inner):
        for file in files:
            file.unlink()
        for emptied in (*inner, folder):
            emptied.rmdir()

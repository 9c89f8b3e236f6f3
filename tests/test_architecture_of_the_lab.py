"""The walls in the lab: what the replay's kernel, its loader and its evaluator may import."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import robustop_plugin

PACKAGE = Path(robustop_plugin.__file__).parent
REPLAY = PACKAGE / "lab" / "replay"
KERNEL = sorted((REPLAY / "kernel").glob("*.py"))
KERNEL_USES = {"numpy", "math", "typing", "collections", "dataclasses", "enum", "functools", "sys"}


def imported_names(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in the file it does; `from a import b` gives both."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(package: Path, name: str) -> Path | None:
    """Return the file of a module of a package by its dotted name; None for anything else.

    The package's own `__init__.py` is left out: it exports the mixin, so that it imports Freqtrade.
    """
    top, *parts = name.split(".")
    path = package.joinpath(*parts)
    files = (path.with_name(f"{path.name}.py"), path / "__init__.py") if top == package.name and parts else ()
    return next((file for file in files if file.is_file()), None)


def reached(package: Path, files: Iterable[Path]) -> set[Path]:
    """Return files with all files of the package that they import, directly or through others."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(other for name in imported_names(file) if (other := file_of(package, name)))
    return found


def distributions(files: Iterable[Path]) -> set[str]:
    """Return the top-level names that files import."""
    return {name.split(".")[0] for file in files for name in imported_names(file)}


def test_an_import_through_another_file_is_found(tmp_path: Path) -> None:
    """A file that imports pandas two steps away counts as if it did itself."""
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    (package / "first.py").write_text("from package.inner import second\n", encoding="utf-8")
    (package / "inner" / "second.py").write_text("import math\nimport package.third\n", encoding="utf-8")
    (package / "third.py").write_text("def late():\n    from pandas import DataFrame\n", encoding="utf-8")
    assert distributions([package / "first.py"]) == {"package"}
    assert distributions(reached(package, [package / "first.py"])) == {"package", "math", "pandas"}


def test_the_kernel_imports_neither_freqtrade_nor_pandas() -> None:
    """What runs compiled needs numpy and the standard library alone, also through what it imports of the package."""
    files = reached(PACKAGE, KERNEL)
    assert PACKAGE / "core" / "side.py" in files
    assert distributions(files) - {"robustop_plugin"} <= KERNEL_USES


def test_the_loader_alone_imports_freqtrade() -> None:
    """Whatever else the replay does, Freqtrade is asked in one folder."""
    users = {path.parent.name for path in REPLAY.rglob("*.py") if distributions([path]) & {"freqtrade", "ccxt"}}
    assert users == {"loader"}


def test_the_replay_does_not_import_the_sweep() -> None:
    """The sweep runs on the replay, not the other way around, also through other files of the package."""
    files = reached(PACKAGE, REPLAY.rglob("*.py"))
    assert PACKAGE / "lab" / "trades.py" in files
    assert not [file for file in files if PACKAGE / "lab" / "sweep" in file.parents]

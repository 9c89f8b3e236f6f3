"""The rooms of the bridge stand in one line: what a room imports lies below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import robustop_plugin

BRIDGE = Path(robustop_plugin.__file__).parent / "bridge"
ROOMS = (
    "mixin",
    "startup",
    "metrics",
    "shadows",
    "decisions",
    "exit_requests",
    "entries",
    "partials",
    "state",
    "messages",
    "plots",
    "callbacks",
    "facts",
)
"""From the room that Freqtrade calls down to what is read off Freqtrade."""

FILES = sorted(BRIDGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """Return the room of a file; the mixin is one by itself."""
    return path.relative_to(BRIDGE).parts[0].removesuffix(".py")


def rooms_in(text: str) -> Iterator[str]:
    """Yield the rooms of the bridge that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "robustop_plugin.bridge":
            yield from (alias.name for alias in node.names)
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name.split(".")[2] for name in names if name.startswith("robustop_plugin.bridge."))


def back_arrows(room: str, text: str) -> set[str]:
    """Return the rooms that a file of a room imports and that do not lie below it."""
    below = ROOMS[ROOMS.index(room) + 1 :]
    return {other for other in rooms_in(text) if other not in (room, *below)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BRIDGE)))
def test_no_arrow_runs_back(path: Path) -> None:
    """A file imports its own room and rooms below it."""
    room = room_of(path)
    if room != "__init__":
        assert back_arrows(room, path.read_text(encoding="utf-8")) == set()


def test_every_room_is_in_the_line() -> None:
    """A new room has to be given its place."""
    assert {room_of(path) for path in FILES} - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize(
    "line",
    [
        "from robustop_plugin.bridge.decisions.manager import TradeManager",
        "from robustop_plugin.bridge import decisions",
        "import robustop_plugin.bridge.startup.start",
    ],
)
def test_an_arrow_that_runs_back_is_found(line: str) -> None:
    """An import from above is found, in each way to write it."""
    assert back_arrows("facts", line)
    assert not back_arrows("mixin", line)


def test_only_the_records_of_open_trades_are_kept_under_numbers() -> None:
    """No other file of the bridge has a collection whose keys are numbers of trades."""
    keepers = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith(("dict[int,", "set[int]")):
                keepers.add(path.relative_to(BRIDGE).as_posix())
    # What a person asks for comes from a table, by numbers, before anything is known of a trade.
    assert keepers == {"state/open_trades.py", "exit_requests/trading_halt.py"}

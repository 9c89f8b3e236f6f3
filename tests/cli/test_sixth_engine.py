"""A sixth engine touches four files of the package: a toy one is added to a copy, and run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.sixth_engine import (
    ADDITIONS,
    PACKAGE,
    REPLAYED,
    STRATEGY,
    TUNED,
    Copy,
    touched_files,
    with_sixth_engine,
)

MOST_FILES = 4


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a copy of the package with the toy in it."""
    return with_sixth_engine(tmp_path_factory.mktemp("sixth"))


def steps(ran: subprocess.CompletedProcess[str], *keys: str) -> list[tuple[Any, ...]]:
    """Return some keys of each step that a simulation printed."""
    assert ran.returncode == 0, ran.stderr
    return [tuple(step[key] for key in keys) for step in json.loads(ran.stdout)["steps"]]


def test_at_most_four_files_are_touched(copy: Copy) -> None:
    """The engine is its own file, its row, its settings, and what of it may be tuned."""
    names = list(touched_files(copy.folder / PACKAGE.name))
    assert names == ["engines/halfway.py", "engines/registry.py", "settings/engines.py", "settings/tuning.py"]
    assert len(names) <= MOST_FILES
    where = copy.python("-c", "import robustop_plugin; print(robustop_plugin.__file__)").stdout.strip()
    assert Path(where) == copy.folder / PACKAGE.name / "__init__.py"


def test_the_signpost_names_the_four_files() -> None:
    """The first line of the engines' package says which files a new engine is added to."""
    first = (PACKAGE / "engines" / "__init__.py").read_text(encoding="utf-8").splitlines()[0]
    for name in ("a file here", "registry.py", "settings/engines.py", "settings/tuning.py"):
        assert name in first
    for file, _, _ in ADDITIONS:
        assert Path(file).name in first


@pytest.mark.parametrize(
    ("side", "stop", "walk"),
    [
        (
            "long",
            90,
            [
                (100.01, 90.0, None, "hold", None),  # half a tick of gain is rounded up to the price: not cleared
                (110, 105.0, 105.0, "move", None),
                (106, 105.0, 105.0, "hold", None),
                (120.01, 110.01, 110.01, "move", None),  # 110.005, rounded towards the market
                (110.02, 110.01, 110.01, "hold", None),
                (110.01, 110.01, None, "exit", "TRAILING_STOP"),
            ],
        ),
        (
            "short",
            110,
            [
                (99.99, 110.0, None, "hold", None),
                (90, 95.0, 95.0, "move", None),
                (94, 95.0, 95.0, "hold", None),
                (79.99, 89.99, 89.99, "move", None),  # 89.995, rounded towards the market
                (89.98, 89.99, 89.99, "hold", None),
                (89.99, 89.99, None, "exit", "TRAILING_STOP"),
            ],
        ),
    ],
)
def test_the_toy_moves_the_stop_halfway(copy: Copy, side: str, stop: float, walk: list[tuple[Any, ...]]) -> None:
    """`robustop simulate` runs the toy: the stop follows halfway between entry and best price, worked out by hand."""
    ticks = [{"t": 60 * index, "price": price} for index, (price, *_) in enumerate(walk, start=1)]
    settings = {"engines": [{"name": "halfway"}], "partials": []}
    ran = copy.simulate(side=side, initial_stop=stop, ticks=ticks, settings=settings)
    assert steps(ran, "price", "stop", "level", "action", "reason") == walk
    moved = [step for step in steps(ran, "action", "engine", "rule") if step[0] == "move"]
    assert moved == [("move", "halfway", "trail")] * 2


def test_the_toy_works_beside_another_engine(copy: Copy) -> None:
    """The tightest level wins, whichever engine offers it: a quarter of three spans, and then one span of two."""
    ticks = [{"t": 60, "price": 110}, {"t": 120, "price": 119}, {"t": 180, "price": 120}]
    engines = [{"name": "halfway", "share": 0.25}, {"name": "hand_span"}]
    ran = copy.simulate(ticks=ticks, settings={"engines": engines, "partials": []})
    assert steps(ran, "stop", "engine", "rule") == [
        (102.5, "halfway", "trail"),
        (104.75, "halfway", "trail"),
        (110.0, "hand_span", "trail"),
    ]


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ({"name": "halfwy"}, ("'halfwy'", "halfway, hand_span, smart_trail, atr_guard, r_ladder, bracket")),
        ({"name": "halfway", "share": 1.0}, ("settings.engines[0].share was 1.0: it must be < 1",)),
        ({"name": "halfway", "part": 0.3}, ("settings.engines[0].part was 0.3", "known are name, share")),
    ],
)
def test_an_error_of_its_settings_names_it(copy: Copy, engine: dict[str, Any], words: tuple[str, ...]) -> None:
    """A wrong name lists the toy among the known ones; a wrong key or value of the toy names key and bound."""
    ran = copy.simulate(ticks=[{"t": 1, "price": 101}], settings={"engines": [engine], "partials": []})
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert all(word in ran.stderr for word in words)


@pytest.mark.parametrize(("name", "code"), [("halfway", 0), ("halfwy", 1)])
def test_check_knows_the_toy(copy: Copy, name: str, code: int) -> None:
    """`robustop check` finds nothing wrong with a strategy on the toy, and names it where the name is misspelt."""
    strategies = copy.folder / f"strategies_{name}"
    (copy.folder / "user_data").mkdir(exist_ok=True)
    strategies.mkdir()
    (strategies / "toy.py").write_text(STRATEGY % name, encoding="utf-8")
    arguments = ("--config", str(ROOT / "config.json"), "--strategy", "Toy", "--strategy-path", str(strategies))
    ran = copy.robustop("check", *arguments, "--json")
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert "halfway" in ran.stdout


def test_its_number_can_be_tuned(copy: Copy) -> None:
    """The share is among what hyperopt may change, after the initial stop."""
    assert copy.python("-c", TUNED).stdout.split() == ["robustop_initial_stop_multiplier", "robustop_halfway_share"]


def test_the_replay_refuses_the_toy_by_name(copy: Copy) -> None:
    """A replay has no tables for it: it says so, and what to do, and replays nothing without it."""
    ran = copy.python("-c", REPLAYED)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == (
        "engine 'halfway' is not modelled: leave it out, or run freqtrade backtesting for these settings"
    )

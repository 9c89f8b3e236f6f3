"""A dozen kills of real bots; `make kills` makes a thousand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kills.bots import warm_bots
from tests.kills.life import LIFE, Variant
from tests.kills.sight import Sight
from tests.kills.theatre import Kill, Theatre, draw

SEED = "2815"
KILLS = 3
"""Kills of each life."""
ON_SQLITE = (Variant("spot", "long", "exchange", "sqlite"), Variant("futures", "long", "bot", "sqlite"))
ON_POSTGRES = (Variant("spot", "long", "bot", "postgres"), Variant("futures", "short", "exchange", "postgres"))


def name(life: Variant) -> str:
    """Return the name of a case."""
    return life.name


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the socket of a server of bots."""
    with warm_bots() as path:
        yield path


@pytest.fixture(scope="module")
def stage(server: str, tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    """Return where lives on SQLite are played."""
    return Theatre(tmp_path_factory.mktemp("kills"), server, None)


def check(stage: Theatre, life: Variant, tell: Callable[[str], None]) -> None:
    """Kill a life at drawn points, and check that the bot recovers each time."""
    for number, point in enumerate(draw(f"{SEED} {life.name}", stage.reference(life).points, KILLS)):
        result = stage.try_kill(Kill(number, life, point))
        tell(f"{life.name}: {point}, lost: {result.lost}")
        assert result.reached, f"{life.name} did not pass {point}"
        assert result.findings == [], f"{life.name} killed at {point}"


@pytest.mark.parametrize("life", ON_SQLITE, ids=name)
def test_a_killed_bot_recovers(stage: Theatre, life: Variant, tell: Callable[[str], None]) -> None:
    """After a kill at any point, the bot goes on as if nothing had happened."""
    check(stage, life, tell)


@pytest.mark.parametrize("life", ON_POSTGRES, ids=name)
def test_a_killed_bot_recovers_on_postgres(
    server: str, postgres: str, tmp_path: Path, life: Variant, tell: Callable[[str], None]
) -> None:
    """The same with a real PostgreSQL server."""
    check(Theatre(tmp_path, server, postgres), life, tell)


@pytest.mark.parametrize("life", ON_SQLITE, ids=name)
def test_the_unkilled_life_is_the_one_computed_by_hand(stage: Theatre, life: Variant) -> None:
    """What kills are compared with is right: entry 60000, R 1200, stops at -1R, breakeven, 1R and 2R."""
    reference = stage.reference(life)
    entry = 60_000.01
    stops = [58_800.01, 60_090.02, 61_200.01, 61_200.01, 62_400.01, 62_400.01]
    assert [stop_of(end) for end in reference.ends] == pytest.approx(stops, abs=0.011)
    assert [end.state.rungs for end in reference.ends if end.state] == [0, 0, 1, 1, 2, 2]
    best = [60_000.01, 61_320, 62_640, 62_640, 63_960, 63_960]
    assert [end.state.best for end in reference.ends if end.state] == pytest.approx(best, abs=0.011)
    bought, *sold = reference.ends[-1].fills
    assert (bought.side, bought.price) == ("BUY", pytest.approx(entry, abs=0.011))
    shares = [fill.quantity / bought.quantity for fill in sold]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.002), "half, a quarter, and the rest"
    assert reference.held < 0.0001
    assert reference.problems == ()
    assert len(reference.ends) == len(LIFE)


FORGETFUL = """
from robustop_plugin.bridge.partials.pending_sales import PendingSales

PendingSales.note = lambda *_: True
"""
LOOSER = """
from robustop_plugin.bridge.state.store import Store

read = Store._read

def forgets_the_stop(self, trade, record):
    state = read(self, trade, record)
    if state is not None:
        state.memory = state.memory._replace(stop=state.position.initial_stop, level=None)
    return state

Store._read = forgets_the_stop
"""


@pytest.mark.parametrize(
    ("planted", "point", "found"),
    [
        (FORGETFUL, "second rung: after POST order MARKET SELL#1", "fills:"),
        (LOOSER, "setback: before analyze#1", "the records: "),
    ],
    ids=["a request that is not written", "a stop that is not read"],
)
def test_a_planted_bug_is_found(server: str, tmp_path: Path, planted: str, point: str, found: str) -> None:
    """A robustop that forgets something with its process does not recover."""
    life = Variant("futures", "long", "bot", "sqlite")
    result = Theatre(tmp_path, server, None, planted).try_kill(Kill(0, life, point))
    assert result.reached
    assert any(found in finding for finding in result.findings), result.findings


def stop_of(sight: Sight) -> float | None:
    """Return the stop of the only trade."""
    (trade,) = sight.trades
    return trade.stop

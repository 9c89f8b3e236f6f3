"""A bot that is killed at any moment goes on as if nothing had happened, although it writes on events only.

`ROBUSTOP_EXAMPLES` sets the number of walks for each combination of engines and anchor.
"""

import os
import random
from collections.abc import Callable, Sequence

import pytest

from tests.support.host import Host
from tests.support.restart_walks import ENGINES, Life, Seen, block_of, lived, walk_of

pytestmark = pytest.mark.usefixtures("database")

WALKS = max(1, int(os.environ.get("ROBUSTOP_EXAMPLES", "0")) // 10)
SEEDS = range(WALKS)
EVERY_ENGINE = pytest.mark.parametrize("engines", ENGINES)
BOTH_ANCHORS = pytest.mark.parametrize("anchor", ["price", "candle"])


def never(_: str) -> bool:
    """Kill the bot at no moment."""
    return False


def at_each(moment: str) -> Callable[[str], bool]:
    """Kill the bot in every loop at one moment."""
    return lambda name: name == moment


def sometimes(seed: int, moments: Sequence[str]) -> Callable[[str], bool]:
    """Kill the bot at about a third of these moments."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    return lambda name: name in moments and dice.random() < 0.3


def without_last_atr(seen: Sequence[Seen | None]) -> list[Seen | None]:
    """Return what was seen, without the ATR at an exit: a stop that is hit ends the trade before the ATR is read."""
    return [look and (look._replace(memory=look.memory._replace(atr=None)) if look.exits else look) for look in seen]


def is_never_looser(side: int, killed: Sequence[Seen | None], alive: Sequence[Seen | None]) -> None:
    """Assert that a bot that was killed protects at least as much at every check, and exits no later."""
    assert len(killed) <= len(alive)
    for with_kills, without in zip(killed, alive, strict=False):
        if with_kills is None or without is None or with_kills.exits:
            continue
        assert not without.exits
        assert side * (with_kills.stop - without.stop) >= 0


@EVERY_ENGINE
@BOTH_ANCHORS
def test_a_bot_that_is_killed_between_two_loops_remembers_everything(host: Host, engines: str, anchor: str) -> None:
    """Killed once a loop has begun, it has the same stops, exits and memory, with purchases and gaps of the ATR."""
    for seed in SEEDS:
        walk = walk_of(seed, averages=seed % 2 == 0, gaps=True)
        alive, killed, often = (Life(host, walk, block_of(engines, anchor)) for _ in range(3))
        expected = list(lived(alive, never))
        assert list(lived(killed, at_each("after analysis"))) == expected
        assert list(lived(often, sometimes(seed, ["after analysis"]))) == expected


@EVERY_ENGINE
def test_a_bot_that_is_killed_after_a_loop_remembers_everything(host: Host, engines: str) -> None:
    """Killed as soon as Freqtrade has committed, it has the same stops, exits and memory, with purchases."""
    for seed in SEEDS:
        walk = walk_of(100 + seed, averages=seed % 2 == 0, gaps=False)
        alive, killed, often = (Life(host, walk, block_of(engines, "price")) for _ in range(3))
        expected = without_last_atr(list(lived(alive, never)))
        assert without_last_atr(list(lived(killed, at_each("after the loop")))) == expected
        assert without_last_atr(list(lived(often, sometimes(seed, ["after the loop"])))) == expected


@EVERY_ENGINE
def test_a_bot_that_follows_candles_and_is_killed_after_a_loop_loosens_nothing(host: Host, engines: str) -> None:
    """It may read the last candles once more, with a newer ATR: its stops are as tight, or tighter."""
    for seed in SEEDS:
        walk = walk_of(200 + seed, averages=seed % 2 == 0, gaps=False)
        alive, killed = (Life(host, walk, block_of(engines, "candle")) for _ in range(2))
        is_never_looser(walk.side, list(lived(killed, at_each("after the loop"))), list(lived(alive, never)))


@EVERY_ENGINE
@BOTH_ANCHORS
def test_what_was_done_in_a_loop_that_was_never_committed_stays_done(host: Host, engines: str, anchor: str) -> None:
    """Killed before Freqtrade's commit, it keeps every stop, and is as tight as one that never made those checks."""
    for seed in SEEDS:
        walk = walk_of(300 + seed, averages=False, gaps=False)
        dice = random.Random(seed)  # noqa: S311 (no secret)
        lost = frozenset(number for number in range(len(walk.looks)) if dice.random() < 0.3)
        killed, blind = (Life(host, walk, block_of(engines, anchor)) for _ in range(2))
        found, stop = [], 100.0 - walk.side * 2.0
        for number, look in enumerate(walk.looks):
            price = walk.price(look)
            seen = killed.loop(look, at_each("before the commit") if number in lost else never)
            found.append(seen)
            assert walk.side * (killed.memory.stop - stop) >= 0
            stop = killed.memory.stop
            if (seen is not None and seen.exits) or walk.side * (price - stop) <= 0:
                break
        is_never_looser(walk.side, found, list(lived(blind, never, lost)))

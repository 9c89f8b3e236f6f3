"""For how long a position has no stop on the exchange: after its entry, and at each move of the order.

The same life is played to Freqtrade's bot and to robustop's, in turns: an entry by signal, new highs that move the
order, and a fall through the stop. Loops follow each other without a pause. The exchange measures, in milliseconds.
"""

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from venue_bot import Candles, VenueBot, new_candles, venue_bot

STRATEGIES = {"robustop": "RobustopOnExchange", "plain": "TrailOnExchangeAtOnce"}
MARKETS = ("spot", "futures")
HIGHS = 3
RISE, FALL = 1.015, 0.985
"""Of the price: a new high that passes the gate at once, and a fall beyond the stop that its order still fills."""
LOOPS_TO_MOVE = 2
"""The first moves the stop, the second the order."""
LONGEST = 5
"""In loops: the end of a life."""
MILLISECONDS = 1000
STOP_ORDER = "create_stoploss"


class Life(NamedTuple):
    """One position.

    Attributes:
        first: From the fill of the entry to the first stop order, in milliseconds.
        updates: From the end of one stop order to the next, in milliseconds, one number per high.
        first_cpu: CPU time of the bot between the answers to the entry and to the first stop order, in milliseconds.
        updates_cpu: CPU time of the bot between the answers to the end of an order and to the next, in milliseconds.
        pair: The pair.
        stop: The last stop.
    """

    first: float
    updates: list[float]
    first_cpu: float
    updates_cpu: list[float]
    pair: str
    stop: float


def measure_unprotected(folder: Path, rounds: int, lives: int) -> dict[str, Any]:
    """Return the figures of both bots, on spot and on futures.

    Args:
        folder: Folder for temporary files.
        rounds: Number of rounds.
        lives: Number of positions of each bot in a round.
    """
    found = {}
    for market in MARKETS:
        with new_candles(folder, 1 + rounds * lives, futures=market == "futures") as candles:
            found[market] = measure_market(candles, folder, rounds, lives)
    return found


def measure_market(candles: Candles, folder: Path, rounds: int, lives: int) -> dict[str, Any]:
    """Return the figures of both bots on one market. Each position is of another pair."""
    found: dict[str, list[list[Life]]] = {key: [[] for _ in range(rounds)] for key in STRATEGIES}
    with ExitStack() as stack:
        bots = {key: stack.enter_context(venue_bot(candles, name, folder)) for key, name in STRATEGIES.items()}
        for bot in bots.values():
            live_once(bot)  # the first life loads what later ones find loaded
        for number in range(rounds):
            for turn in range(lives):
                for key in list(reversed(bots)) if turn % 2 else list(bots):
                    found[key][number].append(live_once(bots[key]))
    ours, theirs = ([life for of_round in found[key] for life in of_round] for key in STRATEGIES)
    return {
        "lives": rounds * lives,
        "same_stops": ends_of(ours) == ends_of(theirs),
        "ends": {"robustop": ends_of(ours), "plain": ends_of(theirs)},
        **{key: figures_of(of_bot) for key, of_bot in found.items()},
    }


def ends_of(lives: list[Life]) -> list[tuple[str, float, int]]:
    """Return pair, last stop and number of updates of each life."""
    return [(life.pair, life.stop, len(life.updates)) for life in lives]


def live_once(bot: VenueBot) -> Life:
    """Play one life.

    Raises:
        RuntimeError: The bot did not enter, or did not end the position.
    """
    bot.make_room(1)
    calls = list(bot.loop()["calls"])
    bot.make_room(0)
    for _ in range(1 + LOOPS_TO_MOVE):
        calls += bot.loop()["calls"]
    (pair,) = bot.stops() or [""]
    if not pair:
        raise RuntimeError("the bot has placed no stop")
    for _ in range(HIGHS):
        bot.exchange.move(pair, bot.exchange.last(pair) * RISE)
        for _ in range(LOOPS_TO_MOVE):
            calls += bot.loop()["calls"]
    stop, uncovered = bot.stops()[pair], bot.coverage(pair)
    bot.exchange.move(pair, bot.exchange.last(pair) * FALL)
    for _ in range(LONGEST):
        bot.loop()
        if not bot.has_trades():
            break
    else:
        raise RuntimeError(f"the position of {pair} did not end")
    lengths = [span["seconds"] * MILLISECONDS for span in uncovered]
    # Freqtrade's own order moves once more, before the first high.
    bot.lock(pair)
    first_cpu, *updates_cpu = times_to_stops(calls)
    return Life(lengths[0], lengths[1:][-HIGHS:], first_cpu, updates_cpu[-HIGHS:], pair, stop)


def times_to_stops(calls: list[tuple[str, float]]) -> list[float]:
    """Return the milliseconds from each call before a stop order, the entry or a cancel, to that order."""
    pairs = pairwise(calls)
    return [(end - begin) * MILLISECONDS for (_, begin), (name, end) in pairs if name == STOP_ORDER]


def figures_of(rounds: list[list[Life]]) -> dict[str, Any]:
    """Return the medians of all rounds and of each, in milliseconds."""
    lengths = {
        "first": [[life.first for life in one] for one in rounds],
        "update": [[length for life in one for length in life.updates] for one in rounds],
        "first_cpu": [[life.first_cpu for life in one] for one in rounds],
        "update_cpu": [[length for life in one for length in life.updates_cpu] for one in rounds],
    }
    medians = {f"{name}_ms": statistics.median(chain(*found)) for name, found in lengths.items()}
    spread = {f"{name}_rounds": [statistics.median(one) for one in found] for name, found in lengths.items()}
    return {**medians, **spread, "updates": sum(map(len, lengths["update"]))}


def unprotected_headlines(found: Mapping[str, Any]) -> dict[str, float]:
    """Return by how many milliseconds robustop's positions are longer without a stop, by the clock and in CPU time."""
    lines = {}
    for market, of_market in found.items():
        ours, theirs = of_market["robustop"], of_market["plain"]
        for name, figure in (("first_stop_later", "first"), ("stop_update_longer", "update")):
            for kind in ("", "_cpu"):
                key = f"{figure}{kind}_ms"
                lines[f"{name}{kind}_ms_{market}"] = ours[key] - theirs[key]
    return lines


def has_same_stops(found: Mapping[str, Any]) -> bool:
    """Return whether both bots traded the same pairs, with as many orders and the same last stops."""
    return bool(found) and all(of_market["same_stops"] for of_market in found.values())

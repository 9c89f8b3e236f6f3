"""What a loop costs a live bot that holds a hundred positions with their stops on the exchange, beside Freqtrade's own.

Both bots hold the same positions. Their loops run in turns: first while no price moves, then while each loop finds new
highs. What robustop writes to the database is counted apart from what Freqtrade writes.
"""

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from venue_bot import Candles, VenueBot, new_candles, venue_bot

STRATEGIES = {"robustop": "RobustopOnExchange", "plain": "TrailOnExchange"}
STEP = 1.0003
"""Of the price: how far each loop's high is above the one before."""
ATTEMPTS = 5
"""Loops in which all positions have to be bought and given their stops."""
WARM_UP = 2
COUNTS = ("commits", "own_commits", "writes", "own_writes")
P99 = 98


def measure_many_stops(folder: Path, positions: int, loops: int, profiles: Path | None = None) -> dict[str, Any]:
    """Return the figures of both bots.

    Args:
        folder: Folder for temporary files.
        positions: Number of positions, each of another pair.
        loops: Number of loops of each bot in each market.
        profiles: Folder for a profile of each bot; the times are then not comparable.
    """
    with new_candles(folder, positions) as candles:
        return measure_bots(candles, folder, loops, profiles)


def measure_bots(candles: Candles, folder: Path, loops: int, profiles: Path | None) -> dict[str, Any]:
    """Return the figures of both bots, with a position of each market."""
    positions = len(candles.markets)
    runs: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with ExitStack() as stack:
        bots = {key: stack.enter_context(venue_bot(candles, name, folder)) for key, name in STRATEGIES.items()}
        for key, bot in bots.items():
            buy(bot, positions)
            if profiles is not None:
                bot.profile(profiles / f"{key}.prof")
        for market in ("still", "rising"):
            for number in range(WARM_UP + loops):
                for key in list(reversed(bots)) if number % 2 else list(bots):
                    if market == "rising":
                        rise(bots[key])
                    loop = bots[key].loop()
                    if number >= WARM_UP:
                        runs.setdefault(market, {}).setdefault(key, []).append(loop)
        complete = all(len(bot.stops()) == positions for bot in bots.values())
    decisions = [time for of_market in runs.values() for loop in of_market["robustop"] for time in loop["decisions_us"]]
    return {
        "positions": positions,
        "loops": loops,
        "complete": complete,
        "decisions": len(decisions),
        "decision_p50_us": statistics.median(decisions),
        "decision_p99_us": statistics.quantiles(decisions, n=100)[P99],
        **{market: compared(of_market) for market, of_market in runs.items()},
    }


def buy(bot: VenueBot, positions: int) -> None:
    """Fill the bot with positions, each with its stop.

    Raises:
        RuntimeError: It does not have them.
    """
    bot.make_room(positions)
    for _ in range(ATTEMPTS):
        bot.loop()
        if len(bot.stops()) == positions:
            return
    raise RuntimeError(f"the bot has {len(bot.stops())} stops instead of {positions}")


def rise(bot: VenueBot) -> None:
    """Move every price to a new high."""
    for pair, prices in bot.exchange.state()["markets"].items():
        bot.exchange.move(pair, prices["last"] * STEP)


def compared(runs: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the figures of both bots in one market, and the ratio of their CPU seconds, loop by loop."""
    figures: dict[str, Any] = {
        key: {
            "cpu_seconds": statistics.median(loop["cpu_seconds"] for loop in loops),
            "cpu_loops": [loop["cpu_seconds"] for loop in loops],
            **{name: statistics.median(loop[name] for loop in loops) for name in COUNTS},
        }
        for key, loops in runs.items()
    }
    ratios = [ours / theirs for ours, theirs in zip(*(figures[key]["cpu_loops"] for key in STRATEGIES), strict=True)]
    return {**figures, "ratio": statistics.median(ratios), "ratios": ratios}


def many_stops_headlines(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the headline numbers."""
    still = found["still"]["robustop"]
    return {
        "stops_loop_vs_plain": found["still"]["ratio"],
        "stops_loop_vs_plain_rising": found["rising"]["ratio"],
        "stops_commits_per_loop": still["commits"],
        "stops_commits_per_loop_plain": found["still"]["plain"]["commits"],
        "stops_own_writes_per_still_loop": still["own_writes"],
        "stops_own_writes_per_rising_loop": found["rising"]["robustop"]["own_writes"],
        "stops_decision_p99_us": found["decision_p99_us"],
    }


def has_all_stops(found: Mapping[str, Any]) -> bool:
    """Return whether every position of both bots had its stop, and as many commits of Freqtrade's own were made."""
    still = found["still"]
    return bool(found["complete"] and still["robustop"]["writes"] == still["plain"]["writes"])

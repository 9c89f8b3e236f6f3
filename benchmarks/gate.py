"""How many stop orders the gate saves: trades on 1m candles, with the stop on an exchange and checked by the bot."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd

from robustop_plugin.lab.simulate import simulate
from robustop_plugin.venue.datadir import markets_of

ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")
TIMEFRAME = "1m"
LOOKS = 4
"""Prices of a candle, in the order in which a bot may see them."""
MINUTE = 60
SHORT, LONGEST = 240, 3 * 1440
"""In candles: a trade is followed for at most three days. Most end in four hours, and need no more ticks."""
EVERY = 480
"""In candles: a trade begins every eight hours."""
ATR = 14
ATR_CANDLES = 5
"""In candles of a minute: the strategy's own candle."""
FINER = 100
"""How much smaller the ticks are with which a coarse grid is compared."""
LEAST, EMERGENCY = 0.1, 1.0
"""The gate's defaults, in percent of the published stop."""


class Order(NamedTuple):
    """A stop order that replaces another.

    Attributes:
        seconds: Time since the one before, or since the entry.
        percent: Improvement, in percent of the one before.
    """

    seconds: float
    percent: float


@dataclass
class Orders:
    """Stop orders in all trades of an engine.

    Attributes:
        each_best: The orders if each move is sent, which is at most one for each new best price.
        gated: The number of orders behind the gate.
        trades: The number of trades.
        other_exits: The number of trades that ended at another time, price or reason behind the gate.
    """

    each_best: list[Order] = field(default_factory=list)
    gated: int = 0
    trades: int = 0
    other_exits: int = 0

    def figures(self) -> dict[str, Any]:
        """Return the counts, their ratio, and what the orders that the gate is offered look like."""
        count = len(self.each_best)

        def share(matching: int) -> float | None:
            return matching / count if count else None

        return {
            "trades": self.trades,
            "each_best": count,
            "gated": self.gated,
            "other_exits": self.other_exits,
            "ratio": share(self.gated),
            "a_minute_apart": share(sum(order.seconds >= MINUTE for order in self.each_best)),
            "too_small": share(sum(order.percent < LEAST for order in self.each_best)),
            "emergencies": share(sum(order.percent >= EMERGENCY for order in self.each_best)),
        }


class Candles(NamedTuple):
    """The candles of a pair.

    Attributes:
        frame: The candles of a minute.
        atr: For each, Wilder's ATR of the last closed candle of the strategy.
        tick_size: The tick size.
    """

    frame: pd.DataFrame
    atr: np.ndarray[Any, np.dtype[np.float64]]
    tick_size: float

    def cases(self) -> Iterator[dict[str, Any]]:
        """Yield a case every few hours, with an initial stop of two ATR; engine and most ticks are missing."""
        for begin in range(EVERY, len(self.frame) - LONGEST, EVERY):
            entry, atr = float(self.frame["open"].iloc[begin]), float(self.atr[begin])
            yield {
                "side": "long",
                "entry": entry,
                "initial_stop": max(entry - 2 * atr, entry * 0.85),
                "tick_size": self.tick_size,
                "opened_at": self.frame["date"].iloc[begin].timestamp(),
                "ticks": self.ticks(begin, SHORT),
                "begin": begin,
            }

    def ticks(self, begin: int, length: int) -> list[dict[str, float]]:
        """Return the ticks of some candles; the unfavorable extreme of a rising candle comes first."""
        part = self.frame.iloc[begin : begin + length]
        rises = (part["close"] >= part["open"]).to_numpy()
        low, high = part["low"].to_numpy(), part["high"].to_numpy()
        inner = (np.where(rises, low, high), np.where(rises, high, low))
        prices = np.column_stack([part["open"].to_numpy(), *inner, part["close"].to_numpy()]).ravel().tolist()
        times = [date.timestamp() + look * MINUTE / LOOKS for date in part["date"] for look in range(LOOKS)]
        atr = np.repeat(self.atr[begin : begin + length], LOOKS).tolist()
        ticks = [{"t": t, "price": price, "atr": value} for t, price, value in zip(times, prices, atr, strict=True)]
        return ticks[1:]


def candles_of(path: Path, tick_size: float) -> Candles:
    """Return the candles of a file."""
    frame = pd.read_feather(path)
    wide = frame.resample(f"{ATR_CANDLES}min", on="date").agg({"high": "max", "low": "min", "close": "last"})
    before = wide["close"].shift()
    ranges = pd.concat(
        [wide["high"] - wide["low"], (wide["high"] - before).abs(), (wide["low"] - before).abs()], axis=1
    )
    atr = ranges.max(axis=1).ewm(alpha=1 / ATR, min_periods=ATR).mean().shift()
    return Candles(frame, atr.reindex(frame["date"], method="ffill").to_numpy(), tick_size)


def steps_of(case: dict[str, Any], candles: Candles, engine: str, *, on_exchange: bool) -> list[dict[str, Any]]:
    """Return the steps of a case up to its exit, or to the end of its longest time."""
    known = {name: value for name, value in case.items() if name != "begin"}
    settings = {"engines": [{"name": engine}], "partials": []}
    for length in (SHORT, LONGEST):
        if length > SHORT:
            known["ticks"] = candles.ticks(case["begin"], length)
        steps: list[dict[str, Any]] = simulate({**known, "settings": settings, "on_exchange": on_exchange})["steps"]
        if steps[-1]["action"] == "exit":
            break
    return steps


def orders_in(case: dict[str, Any], steps: list[dict[str, Any]]) -> Iterator[Order]:
    """Yield the orders that follow the initial one."""
    time, stop = case["opened_at"], case["initial_stop"]
    for step in steps:
        if step["action"] == "move":
            yield Order(step["t"] - time, (step["stop"] / stop - 1) * 100)
            time, stop = step["t"], step["stop"]


def measure_engine(candles: Candles, engine: str) -> dict[str, Any]:
    """Return the figures of an engine on the candles of a pair."""
    found = Orders()
    for case in candles.cases():
        free, gated = (steps_of(case, candles, engine, on_exchange=gate) for gate in (False, True))
        ends = [(steps[-1]["t"], steps[-1]["price"], steps[-1]["reason"]) for steps in (free, gated)]
        found.each_best += orders_in(case, free)
        found.gated += sum(1 for _ in orders_in(case, gated))
        found.trades += 1
        found.other_exits += ends[0] != ends[1]
    return found.figures()


def measure_gate(datadir: Path) -> dict[str, Any]:
    """Return the figures of every engine on every spot pair with 1m candles; empty without any.

    A pair whose tick is so coarse that the least improvement is about a tick is measured a second time with finer
    ticks: what the gate saves there depends on the grid.
    """
    try:
        markets = [market for market in markets_of(datadir, TIMEFRAME) if not market.settle]
    except ValueError:
        return {}
    found = {}
    for market in markets:
        candles = candles_of(datadir / f"{market.base}_{market.quote}-{TIMEFRAME}.feather", market.tick_size)
        percent = 100 * market.tick_size / median(candles.frame["close"])
        sizes = [market.tick_size, *([market.tick_size / FINER] if percent >= LEAST else [])]
        for size in sizes:
            engines = {}
            for engine in ENGINES:
                engines[engine] = measure_engine(candles._replace(tick_size=size), engine)
                click.echo(f"gate: {market.pair}, ticks of {size:g}, {engine}: {engines[engine]}", err=True)
            name = market.pair if size == market.tick_size else f"{market.pair} with finer ticks"
            found[name] = {"tick_size": size, "tick_percent": 100 * size / median(candles.frame["close"]), **engines}
    return found


def gate_headlines(found: dict[str, Any]) -> dict[str, float]:
    """Return the orders behind the gate as a part of one order per new best price, by engine and pair."""
    return {
        f"gate_{engine}_{pair}": of_pair[engine]["ratio"]
        for pair, of_pair in found.items()
        for engine in ENGINES
        if of_pair[engine]["ratio"] is not None
    }


def exits_are_equal(found: dict[str, Any]) -> bool:
    """Return whether the gate has changed no exit."""
    return not any(of_pair[engine]["other_exits"] for of_pair in found.values() for engine in ENGINES)

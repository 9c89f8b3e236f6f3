"""How many stop orders the gate saves: trades on 1m candles, with the stop on an exchange and checked by the bot."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd

from robustop_plugin.lab.simulate import simulate

ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")
LOOKS = 4
"""Prices of a candle, in the order in which a bot may see them."""
MINUTE = 60
LONGEST = 3 * 1440
"""In candles: a trade is followed for at most three days."""
EVERY = 480
"""In candles: a trade begins every eight hours."""
ATR = 14
ATR_CANDLES = 5
"""In candles of a minute: the strategy's own candle."""


class Count(NamedTuple):
    """Moves of the stop in all trades of an engine.

    Attributes:
        each_best: Orders if each move is sent.
        gated: Orders behind the gate.
        trades: Trades.
        other_exits: Trades that ended at another time, price or reason behind the gate.
    """

    each_best: int = 0
    gated: int = 0
    trades: int = 0
    other_exits: int = 0


def looks(candles: pd.DataFrame) -> Iterator[tuple[float, float]]:
    """Yield seconds and price of each look; the unfavorable extreme of a rising candle comes first."""
    for row in candles.itertuples():
        inner = (row.low, row.high) if row.close >= row.open else (row.high, row.low)
        begin = row.date.timestamp()
        for number, price in enumerate((row.open, *inner, row.close)):
            yield begin + number * MINUTE / LOOKS, price


def atr_of(candles: pd.DataFrame) -> pd.Series:
    """Return Wilder's ATR of the last closed candle of five minutes, for each candle of a minute."""
    wide = candles.resample(f"{ATR_CANDLES}min", on="date").agg({"high": "max", "low": "min", "close": "last"})
    before = wide["close"].shift()
    ranges = pd.concat(
        [wide["high"] - wide["low"], (wide["high"] - before).abs(), (wide["low"] - before).abs()], axis=1
    )
    atr = ranges.max(axis=1).ewm(alpha=1 / ATR, min_periods=ATR).mean().shift()
    return atr.reindex(candles["date"], method="ffill")


def cases(candles: pd.DataFrame, engine: str, tick_size: float) -> Iterator[dict[str, Any]]:
    """Yield a case every few hours, with an initial stop of two ATR."""
    atr = atr_of(candles).to_numpy()
    for begin in range(EVERY, len(candles) - LONGEST, EVERY):
        part = candles.iloc[begin : begin + LONGEST]
        entry = float(part["open"].iloc[0])
        ticks = [
            {"t": seconds, "price": price, "atr": float(atr[begin + number // LOOKS])}
            for number, (seconds, price) in enumerate(looks(part))
        ]
        yield {
            "side": "long",
            "entry": entry,
            "initial_stop": max(entry - 2 * float(atr[begin]), entry * 0.85),
            "tick_size": tick_size,
            "opened_at": ticks[0]["t"],
            "settings": {"engines": [{"name": engine}], "partials": []},
            "ticks": ticks[1:],
        }


def count(path: Path, engine: str, tick_size: float) -> Count:
    """Return the moves of an engine on the candles of a file."""
    total = Count()
    for case in cases(pd.read_feather(path), engine, tick_size):
        free, gated = simulate(case)["steps"], simulate({**case, "on_exchange": True})["steps"]
        ends = [(steps[-1]["t"], steps[-1]["price"], steps[-1]["reason"]) for steps in (free, gated)]
        total = Count(
            total.each_best + sum(step["action"] == "move" for step in free),
            total.gated + sum(step["action"] == "move" for step in gated),
            total.trades + 1,
            total.other_exits + (ends[0] != ends[1]),
        )
    return total


@click.command()
@click.option("--datadir", type=click.Path(path_type=Path), default=Path(os.environ.get("ROBUSTOP_DATA", ".")))
def main(datadir: Path) -> None:
    """Print the orders of each engine, gated and not."""
    for pair, tick_size in (("XRP_USDT", 0.0001), ("PEPE_USDT", 1e-8)):
        for engine in ENGINES:
            found = count(datadir / f"{pair}-1m.feather", engine, tick_size)
            ratio = found.gated / found.each_best if found.each_best else float("nan")
            click.echo(
                f"{pair} {engine}: {found.trades} trades, {found.each_best} orders, {found.gated} gated: {ratio:.2f}; "
                f"{found.other_exits} other exits"
            )


if __name__ == "__main__":
    main()

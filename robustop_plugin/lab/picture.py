"""A picture of one trade and its stop, as SVG: no library is needed to look at it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from robustop_plugin.lab.backtest import BacktestResult
from robustop_plugin.lab.compare import Candles, read_candles

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 860, 380, 80, 40, 40
MARGIN = 12
"""Candles shown before the entry and after the exit."""


class Scale(NamedTuple):
    """From time in milliseconds and price to places in the picture."""

    start: float
    end: float
    low: float
    high: float

    def x(self, time: float) -> float:
        """Return the place of a time."""
        return LEFT + (WIDTH - LEFT - 20) * (time - self.start) / (self.end - self.start)

    def y(self, price: float) -> float:
        """Return the place of a price."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - price) / (self.high - self.low)


def draw_best_trade(result: BacktestResult, datadir: Path, timeframe: str, path: Path) -> Path:
    """Draw the trade whose stop moved most often, and return where the picture is."""
    moves: dict[int, list[dict[str, Any]]] = {}
    for record in result.audit:
        if record["action"] in ("initial", "move"):
            moves.setdefault(record["trade_id"], []).append(record)
    if not moves:
        path.write_text(_page("no trade had a stop", ""), encoding="utf-8")
        return path
    records = max(moves.values(), key=len)
    opened = round(records[0]["time"] * 1000)
    pair = records[0]["pair"]
    trade = next(t for t in result.trades if t["pair"] == pair and t["open_timestamp"] == opened)
    path.write_text(draw_trade(trade, records, read_candles(datadir, pair, timeframe)), encoding="utf-8")
    return path


def draw_trade(trade: Mapping[str, Any], records: Sequence[Mapping[str, Any]], candles: Candles) -> str:
    """Return the picture of a trade: candles, entry, exit, and the path of the stop."""
    first = max(0, int(np.searchsorted(candles.opened, trade["open_timestamp"])) - MARGIN)
    last = min(len(candles.opened), int(np.searchsorted(candles.opened, trade["close_timestamp"])) + MARGIN)
    shown = Candles(candles.opened[first:last], candles.high[first:last], candles.low[first:last])
    stops = [float(record["new_stop"]) for record in records]
    step = float(shown.opened[1] - shown.opened[0])
    scale = Scale(
        float(shown.opened[0]),
        float(shown.opened[-1]) + step,
        min([*stops, *shown.low]),
        max(shown.high),
    )
    bars = "".join(
        f'<line x1="{scale.x(t + step / 2):.1f}" x2="{scale.x(t + step / 2):.1f}" '
        f'y1="{scale.y(high):.1f}" y2="{scale.y(low):.1f}" stroke="#8a94a6" stroke-width="2"/>'
        for t, high, low in zip(*shown, strict=True)
    )
    body = bars + _stop_path(trade, records, scale) + _marks(trade, scale)
    gained = 100 * trade["profit_ratio"]
    return _page(f"{trade['pair']}: {len(records) - 1} stop moves, profit {gained:.2f} %", body)


def _stop_path(trade: Mapping[str, Any], records: Sequence[Mapping[str, Any]], scale: Scale) -> str:
    points = []
    times = [record["time"] * 1000 for record in records] + [trade["close_timestamp"]]
    for record, until in zip(records, times[1:], strict=True):
        y = scale.y(record["new_stop"])
        points += [f"{scale.x(record['time'] * 1000):.1f},{y:.1f}", f"{scale.x(until):.1f},{y:.1f}"]
    return f'<polyline points="{" ".join(points)}" fill="none" stroke="#d33f49" stroke-width="2.5"/>'


def _marks(trade: Mapping[str, Any], scale: Scale) -> str:
    marks = ""
    for when, rate, name, colour, anchor in (
        (trade["open_timestamp"], trade["open_rate"], "entry", "#1d7874", "start"),
        (trade["close_timestamp"], trade["close_rate"], str(trade["exit_reason"]), "#d33f49", "end"),
    ):
        x, y = scale.x(when), scale.y(rate)
        marks += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        marks += f'<text x="8" y="{y + 4:.1f}" fill="{colour}">{rate:g}</text>'
        marks += f'<text x="{x:.1f}" y="{HEIGHT - 14}" text-anchor="{anchor}" fill="{colour}">{name}</text>'
        marks += f'<path d="M{LEFT} {y:.1f}H{x:.1f}" stroke="{colour}" stroke-dasharray="3 4"/>'
    return marks


def _page(title: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f'<text x="{LEFT}" y="24" font-size="16" fill="#222">{title} - candles grey, stop red</text>'
        f"{body}</svg>\n"
    )

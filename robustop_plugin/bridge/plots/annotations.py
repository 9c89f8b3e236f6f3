"""The paths of the stops as annotations of FreqUI: boxes of risk and of locked-in profit, and lines."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from robustop_plugin.audit.stop_path import StopPath, foremost
from robustop_plugin.bridge.plots.columns import Stretch, shown_paths, stretches
from robustop_plugin.bridge.plots.rungs import Rung, next_rung, rung_price

MOST_TRADES = 100
"""How many trades are drawn, the newest: FreqUI becomes slow with thousands of annotations."""
RISK, LOCKED = "rgba(239, 83, 80, 0.20)", "rgba(38, 166, 154, 0.25)"
STOP, ENTRY, RUNG = "#ff9800", "#90a4ae", "#26a69a"

Annotation = dict[str, Any]


def annotations(
    paths: Sequence[StopPath], rungs: tuple[Rung, ...], opens: np.ndarray, seconds: float
) -> list[Annotation]:
    """Return the annotations of a pair's trades, in Freqtrade's form.

    Args:
        paths: the paths of the pair, the oldest first.
        rungs: the rungs of the pair.
        opens: when the candles of the chart open, in seconds since the epoch; at least one.
        seconds: the length of a candle.
    """
    drawn: list[Annotation] = []
    shown, times = shown_paths(paths, opens, seconds)[-MOST_TRADES:], Times(opens, seconds)
    main = foremost(shown)
    for path in shown:
        found = list(stretches(path, opens, seconds))
        drawn.extend(_stops(path, found, times))
        # Of a trade that has a second list of engines in shadow, only that stop is drawn twice.
        drawn.extend(_around(path, rungs, found, times) if any(path is other for other in main) else ())
    return drawn


class Times:
    """The times of a chart's candles: a stretch is drawn from the opening of its first candle to that of the next."""

    def __init__(self, opens: np.ndarray, seconds: float) -> None:
        """Take when the candles open, in seconds since the epoch, and the length of a candle."""
        self._opens = opens
        self._seconds = seconds

    def at(self, place: int) -> datetime:
        """Return when the candle at a place opens, also if it is the one after the last."""
        last = len(self._opens) - 1
        time = self._opens[min(place, last)] + max(0, place - last) * self._seconds
        return datetime.fromtimestamp(time, UTC)


def _stops(path: StopPath, drawn: list[Stretch], times: Times) -> Iterator[Annotation]:
    style = "dashed" if path.shadow else "solid"
    for stretch in drawn:
        yield _line(stretch, stretch.step.stop, times, color=STOP, width=2, line_style=style)


def _around(path: StopPath, rungs: tuple[Rung, ...], drawn: list[Stretch], times: Times) -> Iterator[Annotation]:
    """Yield boxes, entry and rungs of a trade."""
    for number, stretch in enumerate(drawn):
        yield from _box(path, stretch, times, is_first=number == 0, is_last=number == len(drawn) - 1)
        yield _line(stretch, stretch.step.entry, times, color=ENTRY, width=1, line_style="dashed")
    for rung, stretch in _next_rungs(path, rungs, drawn):
        price = rung_price(path, stretch.step, rung)
        yield _line(stretch, price, times, color=RUNG, width=1, line_style="dotted", label=rung.text)


def _box(path: StopPath, stretch: Stretch, times: Times, *, is_first: bool, is_last: bool) -> Iterator[Annotation]:
    """Yield the box between entry and stop: what is at risk, or what is locked in."""
    step = stretch.step
    locked = path.side * (step.stop - step.entry)
    if locked == 0:
        return
    box: Annotation = {
        "type": "area",
        "start": times.at(stretch.begin),
        "end": times.at(stretch.end),
        "y_start": step.entry,
        "y_end": step.stop,
        "color": LOCKED if locked > 0 else RISK,
    }
    if is_first and locked < 0:
        box["label"] = f"{_who(path)}1R = {path.risk(step) / step.entry:.2%}"
    elif is_last and locked > 0:
        box["label"] = f"{_who(path)}{locked / path.risk(step):+.2f}R locked in"
    yield box


def _who(path: StopPath) -> str:
    return "in shadow: " if path.shadow else ""


def _line(stretch: Stretch, price: float, times: Times, **look: Any) -> Annotation:
    start, end = times.at(stretch.begin), times.at(stretch.end)
    return {"type": "line", "start": start, "end": end, "y_start": price, "y_end": price, **look}


def _next_rungs(path: StopPath, rungs: tuple[Rung, ...], drawn: list[Stretch]) -> Iterator[tuple[Rung, Stretch]]:
    """Yield each rung with the candles during which it was the next one at an unchanged price."""
    last: tuple[Rung, Stretch] | None = None
    for stretch in drawn:
        rung = next_rung(path, stretch.step, rungs)
        if last is not None and last[0] is rung and last[1].step.entry == stretch.step.entry:
            last = last[0], last[1]._replace(end=stretch.end)
            continue
        if last is not None:
            yield last
        last = None if rung is None else (rung, stretch)
    if last is not None:
        yield last

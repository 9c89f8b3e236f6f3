"""The picture of `robustop simulate --plot`: prices, levels, and the stop under them."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes

from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.lab.case_report import CaseReport, plain, summary
from robustop_plugin.lab.pictures.canvas import ENTRY, EXIT, LEVEL, PRICE, STOP, add_r_scale, save_picture

UNITS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
FEWEST_UNITS = 3
"""A walk is shown in the largest unit of which it has that many."""


class Mark(NamedTuple):
    """How the steps of one action are marked: at which of their prices, with which sign for long and short."""

    action: str
    key: str
    signs: Mapping[int, str]
    colour: str
    name: str


MARKS = (
    Mark("move", "stop", {LONG: "^", SHORT: "v"}, STOP, "stop moved"),
    Mark("reduce", "price", {LONG: "D", SHORT: "D"}, ENTRY, "part sold"),
    Mark("exit", "price", {LONG: "X", SHORT: "X"}, EXIT, "exit"),
)

NOTE_DISTANCE = 12
"""In points."""


def draw_walk(walk: CaseReport, path: Path) -> None:
    """Draw a walk into a file.

    Raises:
        OSError: the file cannot be written.
    """
    save_picture(lambda axes: _draw(axes, walk), summary(walk), path)


def _draw(axes: Axes, walk: CaseReport) -> None:
    """Draw everything, each part with an id by which it is found in an SVG."""
    position, steps = walk.position, walk.steps
    unit, times = _times(walk)
    after = times[1:]
    prices = [position.entry, *(step["price"] for step in steps)]
    levels = [math.nan if step["level"] is None else step["level"] for step in steps]
    stops = [position.initial_stop, *(step["stop"] for step in steps)]
    axes.plot(times, prices, ".-", color=PRICE, label="price", gid="price")
    axes.step(times, stops, "-", where="post", color=STOP, linewidth=2, label="stop", gid="stop")
    if not all(map(math.isnan, levels)):
        # On top of the stop, and thinner: where both are the same, both are seen.
        axes.step(after, levels, "--", where="post", color=LEVEL, linewidth=1.2, label="level wanted", gid="level")
    axes.axhline(position.entry, color=ENTRY, linestyle=":", label="entry", gid="entry")
    axes.axhline(position.initial_stop, color=STOP, linestyle=":", label="initial stop", gid="initial_stop")
    for mark in MARKS:
        _mark(axes, walk, after, mark)
    _note(axes, walk, times, prices)
    axes.set_xlabel(f"{unit} since the entry")
    axes.set_ylabel("price")
    # Prices are read off as they are: no "+1e4" in a corner.
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.margins(x=0.03, y=0.1)
    add_r_scale(axes, position.entry, position.initial_stop)


def _mark(axes: Axes, walk: CaseReport, times: Sequence[float], mark: Mark) -> None:
    """Mark the steps of one action."""
    marked = [
        (time, step[mark.key]) for time, step in zip(times, walk.steps, strict=True) if step["action"] == mark.action
    ]
    if marked:
        sign = mark.signs[walk.position.side]
        axes.plot(*zip(*marked, strict=True), sign, color=mark.colour, markersize=8, label=mark.name, gid=mark.action)


def _note(axes: Axes, walk: CaseReport, times: Sequence[float], prices: Sequence[float]) -> None:
    """Write beside each sale how much was sold and why, away from the path that led there."""
    for index, step in enumerate(walk.steps, start=1):
        sold = "" if step["fraction"] is None else f"{plain(round(100 * step['fraction'], 2))} %"
        note = " ".join(word for word in (step["reason"], sold) if word)
        if not note:
            continue
        rose = prices[index] >= prices[index - 1]
        axes.annotate(
            note,
            (times[index], prices[index]),
            (0, NOTE_DISTANCE if rose else -NOTE_DISTANCE),
            textcoords="offset points",
            ha="right",
            va="bottom" if rose else "top",
        )


def _times(walk: CaseReport) -> tuple[str, list[float]]:
    """Return a unit of time, and in it the ages of entry and steps."""
    ages = [0.0, *(step["t"] - walk.position.opened_at for step in walk.steps)]
    unit = next((unit for unit, seconds in UNITS.items() if ages[-1] >= FEWEST_UNITS * seconds), "seconds")
    return unit, [age / UNITS[unit] for age in ages]

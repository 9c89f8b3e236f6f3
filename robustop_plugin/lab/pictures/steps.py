"""The picture of `robustop simulate --plot`: prices, levels and the stop."""

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
"""The time axis uses the largest unit of which the trade lasted at least this many."""


class Mark(NamedTuple):
    """How the steps of one action are marked: price key, marker for long and short, color, legend name."""

    action: str
    key: str
    signs: Mapping[int, str]
    color: str
    name: str


MARKS = (
    Mark("move", "stop", {LONG: "^", SHORT: "v"}, STOP, "stop moved"),
    Mark("reduce", "price", {LONG: "D", SHORT: "D"}, ENTRY, "part sold"),
    Mark("exit", "price", {LONG: "X", SHORT: "X"}, EXIT, "exit"),
)

NOTE_DISTANCE = 12
"""In points."""


def draw_case(case: CaseReport, path: Path) -> None:
    """Draw a simulated trade into a file.

    Raises:
        OSError: The file cannot be written.
    """
    save_picture(lambda axes: _draw(axes, case), summary(case), path)


def _draw(axes: Axes, case: CaseReport) -> None:
    """Draw all parts, each with an id for tests of the SVG."""
    position, steps = case.position, case.steps
    unit, times = _times(case)
    after = times[1:]
    prices = [position.entry, *(step["price"] for step in steps)]
    levels = [math.nan if step["level"] is None else step["level"] for step in steps]
    stops = [position.initial_stop, *(step["stop"] for step in steps)]
    axes.plot(times, prices, ".-", color=PRICE, label="price", gid="price")
    axes.step(times, stops, "-", where="post", color=STOP, linewidth=2, label="stop", gid="stop")
    if not all(map(math.isnan, levels)):
        # Drawn thinner on top of the stop, so that both are visible where they coincide.
        axes.step(after, levels, "--", where="post", color=LEVEL, linewidth=1.2, label="level wanted", gid="level")
    axes.axhline(position.entry, color=ENTRY, linestyle=":", label="entry", gid="entry")
    axes.axhline(position.initial_stop, color=STOP, linestyle=":", label="initial stop", gid="initial_stop")
    for mark in MARKS:
        _mark(axes, case, after, mark)
    _note(axes, case, times, prices)
    axes.set_xlabel(f"{unit} since the entry")
    axes.set_ylabel("price")
    # Show full prices: no "+1e4" offset in a corner.
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.margins(x=0.03, y=0.1)
    add_r_scale(axes, position.entry, position.initial_stop)


def _mark(axes: Axes, case: CaseReport, times: Sequence[float], mark: Mark) -> None:
    """Mark the steps of one action."""
    marked = [
        (time, step[mark.key]) for time, step in zip(times, case.steps, strict=True) if step["action"] == mark.action
    ]
    if marked:
        sign = mark.signs[case.position.side]
        axes.plot(*zip(*marked, strict=True), sign, color=mark.color, markersize=8, label=mark.name, gid=mark.action)


def _note(axes: Axes, case: CaseReport, times: Sequence[float], prices: Sequence[float]) -> None:
    """Write the reason and size of each sale beside it, away from the price path."""
    for index, step in enumerate(case.steps, start=1):
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


def _times(case: CaseReport) -> tuple[str, list[float]]:
    """Return a unit of time, and the times of entry and steps in it, relative to the entry."""
    ages = [0.0, *(step["t"] - case.position.opened_at for step in case.steps)]
    unit = next((unit for unit, seconds in UNITS.items() if ages[-1] >= FEWEST_UNITS * seconds), "seconds")
    return unit, [age / UNITS[unit] for age in ages]

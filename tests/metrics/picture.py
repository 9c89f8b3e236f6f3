"""Draws the figures of a bot's exporter over a short life: `python -m tests.metrics.picture docs/pictures/metrics.svg`.

A real dry-run bot trades three pairs at the loopback Binance; its exporter is scraped several times a second.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robustop_plugin.core.decision import Phase
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, free_port, move_price
from tests.support.prometheus import Scrape, scraped, value, wait_for

PAIRS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
ENTRY = 1000.0
LIFE = (
    (0.0, 0.0, 0.0),
    (0.3, -0.2, 0.1),
    (0.8, -0.1, 0.4),
    (1.3, 0.2, -0.3),
    (1.6, 0.7, -0.6),
    (2.2, 1.1, -1.2),
    (2.4, 1.5, -1.2),
    (3.1, 1.2, -1.2),
    (3.3, 2.1, -1.2),
    (2.8, 2.3, -1.2),
    (4.2, 1.9, -1.2),
    (4.2, 0.9, -1.2),
    (4.2, 0.9, -1.2),
)
"""The prices of the pairs, one row every two seconds, in R from the entry."""
STEP = 2.0  # seconds
STRATEGY = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Lives(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    robustop = {
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "breakeven": {"mode": "percent"},
        "partials": True,
        "metrics": {"enabled": True, "port": PORT},
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""
COLORS = ("#4c566a", "#1d7874", "#d08c1d", "#c8323c", "#7b5ea7")

Points = Sequence[tuple[float, Scrape]]


def lived() -> list[tuple[float, Scrape]]:
    """Return the scrapes of a life, each with its time in seconds."""
    points: list[tuple[float, Scrape]] = []
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        write_market(folder / "market", days=1)
        with Venue(markets_of(folder / "market"), folder / "market").serve() as url:
            for pair in PAIRS:
                move_price(url, pair, ENTRY)
            (folder / "bot").mkdir()
            overlay = offline_overlay(url, list(PAIRS))
            bot = Bot(folder / "bot", overlay, "Lives", STRATEGY.replace("PORT", f"{port}"))
            try:
                bot.start()
                wait_for(port, bool, "the first scrape")
                began = time.monotonic()
                for number, multiples in enumerate(LIFE):
                    for pair, multiple in zip(PAIRS, multiples, strict=True):
                        move_price(url, pair, ENTRY * (1 + 0.02 * multiple))
                    if number == 1:
                        for pair in PAIRS:
                            bot.rest("/forceenter", "POST", {"pair": pair})
                    while time.monotonic() < began + STEP * (number + 1):
                        points.append((time.monotonic() - began, scraped(port)))
                        time.sleep(0.3)
            finally:
                bot.kill()
    return points


def draw(points: Points, path: Path) -> None:
    """Draw four pictures of these scrapes into a file."""
    with mpl.rc_context():
        mpl.rcdefaults()
        look = {"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "legend.fontsize": 8}
        more = {"svg.hashsalt": "robustop", "svg.fonttype": "none", "axes.grid": True, "grid.color": "#e6e8ec"}
        mpl.rcParams.update({**look, **more, "axes.axisbelow": True, "axes.titlesize": 10, "font.size": 9})
        figure = Figure(figsize=(9.0, 6.4), layout="constrained")
        axes = figure.subplots(2, 2)
        figure.suptitle("What a bot with three positions serves: a dry run at the loopback Binance", fontsize=11)
        for one, part in zip(axes.flat, (phases, distance, events, latency), strict=True):
            part(one, points)
        figure.savefig(path, metadata={"Date": None, "Creator": None} if path.suffix == ".svg" else None)


def series(points: Points, see: Callable[[Scrape], float]) -> tuple[list[float], list[float]]:
    """Return times and values of what is seen in each scrape."""
    return [when for when, _ in points], [see(scrape) for _, scrape in points]


def phases(axes: Axes, points: Points) -> None:
    """Draw how many positions are in each phase."""
    found = {
        phase.name: series(points, lambda seen, phase=phase: value(seen, "robustop_open_positions", phase=phase.name))
        for phase in Phase
    }
    times = [when for when, _ in points]
    axes.stackplot(times, [values for _, values in found.values()], labels=list(found), colors=COLORS, step="post")
    finish(axes, "robustop_open_positions, by phase", "positions")
    axes.set_ylim(0, len(PAIRS) + 2.5)
    axes.set_yticks(range(len(PAIRS) + 1))


def distance(axes: Axes, points: Points) -> None:
    """Draw the smallest distance to a stop."""
    axes.step(
        *series(points, lambda seen: value(seen, "robustop_smallest_stop_distance_r")), where="post", color=COLORS[3]
    )
    finish(axes, "robustop_smallest_stop_distance_r", "R")


def events(axes: Axes, points: Points) -> None:
    """Draw what has been counted."""
    for number, (name, labels) in enumerate(
        (
            ("robustop_stop_moves_total", {"engine": "hand_span", "rule": "breakeven"}),
            ("robustop_stop_moves_total", {"engine": "hand_span", "rule": "trail"}),
            ("robustop_rungs_taken_total", {"rung": "2R"}),
            ("robustop_rungs_taken_total", {"rung": "3R"}),
        )
    ):
        words = " ".join([name.removeprefix("robustop_").removesuffix("_total"), *labels.values()])
        counts = series(points, lambda seen, name=name, labels=labels: value(seen, name, **labels))
        axes.step(*counts, where="post", color=COLORS[number], label=words)
    exits = series(
        points, lambda seen: sum(count for (name, _), count in seen.items() if name == "robustop_exits_total")
    )
    axes.step(*exits, where="post", color=COLORS[4], label="exits")
    finish(axes, "counters", "events")


def latency(axes: Axes, points: Points) -> None:
    """Draw how long the moves took."""
    last = points[-1][1]
    name = "robustop_stop_update_seconds_bucket"
    bounds = sorted((float(dict(labels)["le"]), count) for (found, labels), count in last.items() if found == name)
    counts = [count - before for (_, count), (_, before) in zip(bounds, [(0.0, 0.0), *bounds], strict=False)]
    words = [f"{1000 * bound:g}" for bound, _ in bounds[:-1]] + ["more"]
    axes.bar(words, counts, color=COLORS[1])
    axes.axvline(words.index("100") + 0.5, color=COLORS[3], linestyle="--", label="alert beyond")
    axes.tick_params(axis="x", labelsize=7)
    finish(axes, "robustop_stop_update_seconds", "moves", "took up to, in ms")


def finish(axes: Axes, title: str, what: str, along: str = "seconds") -> None:
    """Add title, names of the axes and a legend."""
    axes.set_title(title, loc="left")
    axes.set_xlabel(along)
    axes.set_ylabel(what)
    axes.set_ylim(bottom=0)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left" if title == "counters" else "upper right")


if __name__ == "__main__":
    draw(lived(), Path(sys.argv[1]))

"""A trailing stop in percent, swept by robustop and by vectorbt over the same candles and entries, in turns."""

import gc
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import click
import numpy as np
from from_signals import Columns, columns_of, engines, outcome, profits
from ground import Ground
from numpy.typing import NDArray
from stops import WRITTEN_HERE
from sweeper import Pass, Sweeper, sweeper_of

NEAREST, FARTHEST = 0.5, 9.5
"""Percent behind the best price."""
KNOBS = ("robustop_initial_stop_percent", "robustop_smart_trail_distance_percent")
WIDTHS = (20, 100, 400)
MOST_CELLS = 15_000_000
"""Of one column of candles times the stops beside each other, so that they fit into the memory."""


class Form(NamedTuple):
    """How vectorbt is asked: its engine, and how many stops at once."""

    engine: str
    width: int


def measure_vectorbt(ground: Ground, rounds: int, settings: int) -> dict[str, Any]:
    """Return the figures of this part."""
    percents = np.round(np.linspace(NEAREST, FARTHEST, settings), 4)
    sweeper = sweeper_of(ground.run("PercentTrail", WRITTEN_HERE), ground.folder)
    pairs = columns_of(sweeper.session.subject.prepared)
    tried = try_forms(pairs, percents)
    form = max(tried, key=lambda form: tried[form])
    seconds: list[float] = []
    passes: list[Pass] = []
    for number in range(rounds):
        for ours in (True, False) if number % 2 else (False, True):
            if ours:
                passes.append(_swept(sweeper, percents))
                told = f"robustop sweep {passes[-1].rate:.1f}"
            else:
                seconds.append(_seconds(pairs, percents, form))
                told = f"vectorbt {settings / seconds[-1]:.1f}"
            click.echo(f"round {number + 1} of {rounds}: {told} settings per second", err=True)
    return {
        "settings": settings,
        "pairs": len(pairs),
        "candles": sum(len(pair.close) for pair in pairs),
        "robustop": _figures(settings, [one.seconds for one in passes]) | _outcome(passes[0]),
        "vectorbt": _figures(settings, seconds) | outcome(pairs, percents, form.engine)._asdict(),
        "vectorbt_form": form._asdict(),
        "vectorbt_forms": [{**form._asdict(), "settings_per_second": rate} for form, rate in tried.items()],
        "preparation_seconds": sweeper.preparation._asdict(),
    }


def vectorbt_ratios(found: dict[str, Any]) -> dict[str, float]:
    """Return the ratio of this part."""
    ours, theirs = (found[key]["settings_per_second"] for key in ("robustop", "vectorbt"))
    return {"sweep_vs_vectorbt": ours / theirs}


def try_forms(pairs: Sequence[Columns], percents: NDArray[np.float64]) -> dict[Form, float]:
    """Return settings per second in every form that fits, compiled code warm."""
    longest = max(len(pair.close) for pair in pairs)
    widths = {min(width, len(percents), max(1, MOST_CELLS // longest)) for width in WIDTHS}
    found = {}
    for engine, width in itertools.product(engines(), sorted(widths)):
        form, some = Form(engine, width), percents[:: max(1, len(percents) // width)][:width]
        _seconds(pairs, some, form)
        found[form] = len(some) / _seconds(pairs, some, form)
        click.echo(f"vectorbt, {width} at once, engine {engine}: {found[form]:.1f} settings per second", err=True)
    return found


def _seconds(pairs: Sequence[Columns], percents: NDArray[np.float64], form: Form) -> float:
    gc.collect()
    started = time.perf_counter()
    for start in range(0, len(percents), form.width):
        profits(pairs, percents[start : start + form.width], form.engine)
    return time.perf_counter() - started


def _swept(sweeper: Sweeper, percents: NDArray[np.float64]) -> Pass:
    return sweeper.evaluate([dict.fromkeys(KNOBS, float(percent)) for percent in percents])


def _figures(settings: int, seconds: list[float]) -> dict[str, Any]:
    middle = statistics.median(seconds)
    return {"settings_per_second": settings / middle, "seconds": middle, "rounds": seconds}


def _outcome(one: Pass) -> dict[str, Any]:
    trades, profit = (sum(getattr(measured, name) for measured in one.measured) for name in ("trades", "profit"))
    return {"trades": trades, "profit": profit}

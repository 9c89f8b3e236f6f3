"""A percent trailing stop, swept by robustop and vectorbt over the same candles and entries, in alternating rounds."""

import gc
import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import click
import numpy as np
from from_signals import Columns, columns_of, engines, outcome, profits
from ground import Ground
from numpy.typing import NDArray
from stops import WRITTEN_HERE
from sweeper import Pass, sweeper_of

from robustop_plugin.lab.sweep.evaluators.freqtrade import loaded_backtest

NEAREST, FARTHEST = 0.5, 9.5
"""Percent behind the best price."""
PARAMETERS = ("robustop_initial_stop_percent", "robustop_smart_trail_distance_percent")
WIDTHS = (20, 100, 400)
KEYS = {"numba": "vectorbt", "rust": "vectorbt_rust"}
"""vectorbt's default engine and its optional engine; both run on one core."""

ALL_CORES = "robustop_all_cores"
MOST_CELLS = 15_000_000
"""Limit of candles times stops per call, to fit into memory."""


class Form(NamedTuple):
    """How vectorbt is called: its engine, and the number of stops at once."""

    engine: str
    width: int


def measure_vectorbt(ground: Ground, rounds: int, settings: int) -> dict[str, Any]:
    """Return the figures of this part of the benchmark."""
    percents = np.round(np.linspace(NEAREST, FARTHEST, settings), 4)
    run = ground.run("PercentTrail", WRITTEN_HERE)
    sweeper = sweeper_of(run, ground.folder)
    pairs = columns_of(loaded_backtest(run))
    tried = try_forms(pairs, percents)
    forms = {
        KEYS[engine]: max((form for form in tried if form.engine == engine), key=lambda form: tried[form])
        for engine in engines()
    }
    cores = os.cpu_count() or 1
    passes: dict[str, list[Pass]] = {"robustop": [], ALL_CORES: []}
    seconds: dict[str, list[float]] = {key: [] for key in forms}
    # Each process loads the replay once, before the first timed pass.
    sweeper.evaluate_on(cores, _settings(percents))
    actions: list[Callable[[], str]] = [
        lambda: _pass(passes, "robustop", sweeper.evaluate(_settings(percents))),
        lambda: _pass(passes, ALL_CORES, sweeper.evaluate_on(cores, _settings(percents))),
        *(partial(_vectorbt, seconds, key, pairs, percents, form) for key, form in forms.items()),
    ]
    for number in range(rounds):
        first = number % len(actions)
        for action in actions[first:] + actions[:first]:
            click.echo(f"round {number + 1} of {rounds}: {action()}", err=True)
    ours = {
        key: _figures(settings, [sweep_pass.seconds for sweep_pass in found]) | _outcome(found[0])
        for key, found in passes.items()
    }
    theirs = {
        key: _figures(settings, found) | outcome(pairs, percents, forms[key].engine)._asdict() | forms[key]._asdict()
        for key, found in seconds.items()
    }
    return {
        "settings": settings,
        "pairs": len(pairs),
        "candles": sum(len(pair.close) for pair in pairs),
        "cores": cores,
        **ours,
        **theirs,
        "vectorbt_forms": [{**form._asdict(), "settings_per_second": rate} for form, rate in tried.items()],
        "preparation_seconds": sweeper.preparation._asdict(),
    }


def vectorbt_ratios(found: dict[str, Any]) -> dict[str, float]:
    """Return the ratios of this part: on one core against each vectorbt engine, and on all cores."""
    ours, everything = (found[key]["settings_per_second"] for key in ("robustop", ALL_CORES))
    there = {key: found[key]["settings_per_second"] for key in KEYS.values() if key in found}
    return {
        **{f"sweep_vs_{key}": ours / theirs for key, theirs in there.items()},
        **{
            f"sweep_{ALL_CORES.removeprefix('robustop_')}_vs_{key}": everything / theirs
            for key, theirs in there.items()
        },
    }


def makes_the_same_trades(found: dict[str, Any]) -> bool:
    """Return whether all made the same number of trades."""
    counts = {found[key]["trades"] for key in ("robustop", ALL_CORES, *KEYS.values()) if key in found}
    return len(counts) == 1


def try_forms(pairs: Sequence[Columns], percents: NDArray[np.float64]) -> dict[Form, float]:
    """Return settings per second of every form that fits into memory, with compiled code warm."""
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


def _settings(percents: NDArray[np.float64]) -> list[dict[str, float]]:
    return [dict.fromkeys(PARAMETERS, float(percent)) for percent in percents]


def _pass(passes: dict[str, list[Pass]], key: str, found: Pass) -> str:
    passes[key].append(found)
    return f"{key} {found.rate:.1f} settings per second"


def _vectorbt(
    seconds: dict[str, list[float]], key: str, pairs: Sequence[Columns], percents: NDArray[np.float64], form: Form
) -> str:
    seconds[key].append(_seconds(pairs, percents, form))
    return f"{key} {len(percents) / seconds[key][-1]:.1f} settings per second"


def _figures(settings: int, seconds: list[float]) -> dict[str, Any]:
    middle = statistics.median(seconds)
    return {"settings_per_second": settings / middle, "seconds": middle, "rounds": seconds}


def _outcome(sweep_pass: Pass) -> dict[str, Any]:
    trades, profit = (sum(getattr(metrics, name) for metrics in sweep_pass.metrics) for name in ("trades", "profit"))
    return {"trades": trades, "profit": profit}

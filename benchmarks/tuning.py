"""Hyperopt epochs with robustop and with the expert's strategy, and settings of a sweep, in alternating rounds."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from command_line import FEWEST, swept_by_command_line
from epochs import SAME_EPOCHS, SEED, STRATEGIES, Epochs, hyperopt
from ground import Ground
from stops import WRITTEN_HERE
from sweeper import Pass, sweeper_of

from robustop_plugin.lab.sweep.search.samplers import random_settings
from robustop_plugin.lab.sweep.space import Dimension

STRATEGY = STRATEGIES["robustop"]
PARAMETER, VALUES = "initial_stop_multiplier", (2.0, 18.0, 0.02)
"""The range that hyperopt searches."""


@dataclass
class Turns:
    """The measurements of all rounds."""

    epochs: dict[str, list[Epochs]] = field(default_factory=lambda: {key: [] for key in STRATEGIES})
    passes: list[Pass] = field(default_factory=list)


def measure_tuning(ground: Ground, rounds: int, epochs: int, settings: int, *, compiling: bool) -> dict[str, Any]:
    """Return the figures of this part of the benchmark.

    Args:
        ground: Candles and exchange.
        rounds: Number of rounds.
        epochs: Epochs of each hyperopt process.
        settings: Settings of each sweep.
        compiling: True to time a sweep without compiled code as well.
    """
    low, high, step = VALUES
    values = tuple(round(low + index * step, 2) for index in range(round((high - low) / step) + 1))
    sweeper = sweeper_of(ground.run(STRATEGY, WRITTEN_HERE), ground.folder)
    chosen = random_settings([Dimension(f"robustop_{PARAMETER}", values)], settings, SEED)
    turns = Turns()
    actions: list[Callable[[], str]] = [
        *(partial(_epochs, turns, ground, key, epochs) for key in STRATEGIES),
        lambda: _pass(turns, sweeper.evaluate(chosen)),
    ]
    for number in range(rounds):
        first = number % len(actions)
        for action in actions[first:] + actions[:first]:
            click.echo(f"round {number + 1} of {rounds}: {action()}", err=True)
    swept = f"{PARAMETER}={low:g}:{high:g}:{step:g}"
    command_line = swept_by_command_line(ground, STRATEGY, swept, max(FEWEST, settings), None)
    return {
        **{key: _of_epochs(found) for key, found in turns.epochs.items()},
        "same_epochs": all(_alike([*turns.epochs[ours], *turns.epochs[theirs]]) for ours, theirs in SAME_EPOCHS),
        "sweep": {**_of_passes(turns.passes), "preparation_seconds": sweeper.preparation._asdict()},
        "command_line": command_line,
        **({"compiling": _compiling(ground, swept)} if compiling else {}),
    }


def tuning_ratios(found: dict[str, Any]) -> dict[str, float]:
    """Return the ratios of this part."""
    return {
        "hyperopt_speedup_vs_expert": _paired(found["robustop"], found["expert"]),
        "hyperopt_exact_speedup_vs_expert": _paired(found["robustop_exact"], found["expert_exact"]),
        "sweep_vs_hyperopt": found["sweep"]["settings_per_second"] / found["robustop"]["epochs_per_second"],
    }


def _paired(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Return the median over the rounds of the ratio within a round: a slow phase of the machine concerns both."""
    return statistics.median(our / their for our, their in zip(ours["rounds"], theirs["rounds"], strict=True))


def _epochs(turns: Turns, ground: Ground, key: str, epochs: int) -> str:
    found = hyperopt(ground, key, epochs)
    turns.epochs[key].append(found)
    return f"hyperopt {key} {found.rate:.3f} epochs per CPU second"


def _pass(turns: Turns, found: Pass) -> str:
    turns.passes.append(found)
    return f"sweep {found.rate:.1f} settings per second"


def _of_epochs(runs: list[Epochs]) -> dict[str, Any]:
    return {
        "epochs_per_second": statistics.median(run.rate for run in runs),
        "rounds": [run.rate for run in runs],
        "epoch_seconds": [run.seconds for run in runs],
        "process_seconds": [run.process_seconds for run in runs],
        "trades": runs[0].trades,
    }


def _of_passes(passes: list[Pass]) -> dict[str, Any]:
    return {
        "settings_per_second": statistics.median(sweep_pass.rate for sweep_pass in passes),
        "rounds": [sweep_pass.rate for sweep_pass in passes],
        "seconds": [sweep_pass.seconds for sweep_pass in passes],
        "settings": len(passes[0].metrics),
        "trades": sum(metrics.trades for metrics in passes[0].metrics),
    }


def _alike(epochs: list[Epochs]) -> bool:
    """Return whether all processes tried the same values with the same numbers of trades."""
    every = [(run.params, run.trades) for run in epochs]
    return all(run == every[0] for run in every)


def _compiling(ground: Ground, swept: str) -> dict[str, Any]:
    with TemporaryDirectory() as cache:
        return swept_by_command_line(ground, STRATEGY, swept, FEWEST, Path(cache))

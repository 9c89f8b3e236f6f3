"""Whole `robustop sweep` processes: the first of a release, which compiles, later ones, and their memory."""

import os
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from command_line import sweep_command
from ground import Ground
from memory import GIBIBYTE, Observed, observe

from robustop_plugin.lab.replay import ahead
from robustop_plugin.lab.replay.tiers import CODE, Tier

STRATEGY = "PercentTrail"
SWEPT = ("smart_trail_distance_percent=0.5:9.5:0.1", "initial_stop_percent=0.5:9.5:0.1")
FEW, MANY = 50, 1000
"""Settings of a sweep that is timed, and of one whose memory is measured."""
DEFAULT_JOBS = 1
"""Processes of a sweep without `--jobs`: memory is measured with them. Each further one loads everything again."""


def measure_whole_sweeps(ground: Ground, rounds: int) -> dict[str, Any]:
    """Return the figures of this part of the benchmark."""
    cores = os.cpu_count() or 1
    first: list[Observed] = []
    later: list[Observed] = []
    for number in range(rounds):
        # A folder of its own for each round: its first sweep compiles, and its second finds the code.
        with TemporaryDirectory() as cache:
            for found in (first, later):
                found.append(_observed(ground, FEW, cores, Path(cache)))
            if number == rounds - 1:
                _compile_for_many(ground, Path(cache))
                many = _observed(ground, MANY, DEFAULT_JOBS, Path(cache))
        click.echo(
            f"round {number + 1} of {rounds}: first sweep {first[-1].seconds:.1f} s, later {later[-1].seconds:.1f} s",
            err=True,
        )
    return {
        "settings": FEW,
        "cores": cores,
        "pairs": len(ground.markets),
        "first_seconds": [found.seconds for found in first],
        "later_seconds": [found.seconds for found in later],
        "first_peak_bytes": max(found.peak for found in first),
        "many_settings": MANY,
        "many_jobs": DEFAULT_JOBS,
        "many_seconds": many.seconds,
        "many_peak_bytes": many.peak,
    }


def whole_sweep_ratios(found: dict[str, Any]) -> dict[str, float]:
    """Return the first sweep's seconds over a later one's, and the memory of a large sweep in GiB."""
    first, later = (statistics.median(found[key]) for key in ("first_seconds", "later_seconds"))
    return {"sweep_first_vs_later": first / later, "sweep_memory_gib": found["many_peak_bytes"] / GIBIBYTE}


def _compile_for_many(ground: Ground, cache: Path) -> None:
    """Keep the code of a large sweep, as an earlier one does: compiling takes more memory than a sweep."""
    command = [sys.executable, "-m", ahead.__name__]
    observe(command, ground.folder / "compiling.log", ROBUSTOP_CACHE=str(cache), **{CODE: Tier.FULL})


def _observed(ground: Ground, count: int, jobs: int, cache: Path) -> Observed:
    folder = ground.folder / "whole-sweep"
    shutil.rmtree(folder, ignore_errors=True)
    command = sweep_command(ground, STRATEGY, SWEPT, count, jobs, folder / "sweep.jsonl")
    return observe(command, folder / "process.log", ROBUSTOP_CACHE=str(cache))

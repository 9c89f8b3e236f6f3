"""Backtests in turns, each repeated in a round until the round is long enough to be measured."""

import math
import statistics
from collections.abc import Sequence

import click
from timing import Bench, Run

MOST = 40
"""Repeats in a round."""


def in_repeated_turns(benches: Sequence[Bench], rounds: int, least_seconds: float) -> dict[str, list[Run]]:
    """Return the runs of each stop, one per round: the means of its repeats.

    Within a round the stops take turns, and each turn starts with another stop. Before the first round each stop runs
    once, which is not counted: it fills caches, and says how many repeats a round needs. All stops have as many.

    Args:
        benches: The stops.
        rounds: Number of rounds.
        least_seconds: CPU seconds that the repeats of a stop take together; 0 for one repeat without a first run.
    """
    repeats = 1
    if least_seconds > 0:
        shortest = min(bench.run().cpu_seconds for bench in benches)
        repeats = max(1, min(MOST, math.ceil(least_seconds / shortest)))
    runs: dict[str, list[Run]] = {bench.stop.key: [] for bench in benches}
    for number in range(rounds):
        turns: dict[str, list[Run]] = {bench.stop.key: [] for bench in benches}
        for turn in range(number, number + repeats):
            first = turn % len(benches)
            for bench in [*benches[first:], *benches[:first]]:
                turns[bench.stop.key].append(bench.run())
        for key, found in turns.items():
            runs[key].append(mean_of(found))
        told = ", ".join(f"{key} {found[-1].cpu_seconds:.2f} s" for key, found in runs.items())
        click.echo(f"round {number + 1} of {rounds}, {repeats} repeats, CPU: {told}", err=True)
    return runs


def mean_of(runs: Sequence[Run]) -> Run:
    """Return the mean of several backtests of the same trades."""
    seconds = statistics.fmean(run.seconds for run in runs)
    return Run(seconds, statistics.fmean(run.cpu_seconds for run in runs), runs[0].trades)


def paired_ratio(above: Sequence[Run], below: Sequence[Run]) -> float:
    """Return the median over the rounds of the ratio of CPU seconds, each of two stops in the same round."""
    return statistics.median(first.cpu_seconds / second.cpu_seconds for first, second in zip(above, below, strict=True))

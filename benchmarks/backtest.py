"""What robustop's stops cost a backtest: several stops in alternating rounds, on the same entries."""

from typing import Any

import click
from figures import figures_of
from ground import Ground
from stops import OFTEN, SELDOM, STOPS
from timing import Bench, Run, decision_microseconds


def measure_backtest(ground: Ground, rounds: int) -> dict[str, Any]:
    """Return the figures of this part of the benchmark.

    Each round backtests every stop once, in one process, and times only Freqtrade's loop: starting, loading candles
    and computing indicators are excluded. Position stacking is on, so that the exits of one stop do not affect later
    entries.

    Args:
        ground: Candles and exchange.
        rounds: Number of rounds.

    Raises:
        click.UsageError: There was no trade to measure.
    """
    benches = [Bench(stop, ground) for stop in (*STOPS, SELDOM, OFTEN)]
    runs = in_turns(benches, rounds)
    if any(results[0].trades.empty for results in runs.values()):
        raise click.UsageError("there was no trade to measure: take a longer time")
    return figures_of(runs, decision_microseconds())


def in_turns(benches: list[Bench], rounds: int) -> dict[str, list[Run]]:
    """Return the runs of each stop; every round starts with another stop."""
    runs: dict[str, list[Run]] = {bench.stop.key: [] for bench in benches}
    for number in range(rounds):
        first = number % len(benches)
        for bench in benches[first:] + benches[:first]:
            run = bench.run()
            runs[bench.stop.key].append(run)
            click.echo(f"round {number + 1} of {rounds}: {bench.stop.key} {run.seconds:.2f} s", err=True)
    return runs

"""The options of `robustop sweep`, and its examples."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from robustop_plugin.cli.subject_options import STRATEGY_PATH, USERDIR, config_option, with_all
from robustop_plugin.cli.sweep_refused import REFUSED

EPILOG = """
\b
What you need: RobustopMixin first among your strategy's base classes, "hyperopt": true in its robustop block,
candles (freqtrade download-data), and pip install "robustop[lab]". Then sweep, with tests on candles that the
choice has not seen, and confirm the written parameters on later candles:
  robustop sweep --strategy MyStrategyProtected --timerange 20240101-20240701 --walk-forward 4 --verify 5
  freqtrade backtesting --strategy MyStrategyProtected --timerange 20240701-

\b
What you get: a table of the best settings, each with the median (plateau) and the worst score of its
neighbors; the result of each training window's choice on the test window that follows, beside your own
settings; the probability that luck alone does as well; whether Freqtrade itself makes the same trades; and
the command that confirms it.

\b
What is swept (a name alone takes hyperopt's range; without --set, all tunable parameters are swept):
  --set initial_stop_multiplier=2:8:1 --set atr_guard_trail_atr=2,3,5 --set atr_guard_breakeven_atr

\b
A full grid on two cores, a Dask cluster, or an Optuna study shared by several machines:
  robustop sweep --strategy MyStrategy --sampler grid --set initial_stop_multiplier=2:8:0.5 --jobs 2
  robustop sweep --strategy MyStrategy --backend dask --scheduler tcp://10.0.0.5:8786
  robustop sweep --strategy MyStrategy --sampler optuna --storage postgresql+psycopg://me@host/studies --study stops
"""


def number_of_jobs(ctx: click.Context, parameter: click.Parameter, value: int) -> int:  # noqa: ARG001 (click's signature)
    """Return a number of processes; a negative number counts from the number of processors, as in Freqtrade."""
    jobs = (os.cpu_count() or 1) + 1 + value if value < 0 else value
    if value == 0 or jobs < 1:
        raise click.BadParameter(f"{value} processes: give 1 or more, or -1 for all processors")
    return jobs


WHAT: list[Callable[..., Any]] = [
    click.option("-s", "--strategy", required=True, help="Name of the strategy class."),
    config_option(),
    STRATEGY_PATH,
    click.option("--timerange", help="Time range of the candles, in Freqtrade's format: 20240101-20240701."),
    click.option("--timeframe-detail", help="Timeframe of detail candles, as in Freqtrade: 1m."),
    click.option(
        "--datadir", type=click.Path(path_type=Path), help="Folder with the candles, if not Freqtrade's default."
    ),
    USERDIR,
    click.option("-p", "--pairs", multiple=True, metavar="PAIR...", help="Only these pairs, as in Freqtrade."),
    click.option("--fee", type=click.FloatRange(0, 1), help="Fee of each fill as a ratio, as in Freqtrade: 0.001."),
    click.option(
        "--max-open-trades",
        type=click.IntRange(-1),
        help="Number of trades that may be open at once, as in Freqtrade; -1 for no limit.",
    ),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="NAME=VALUES",
        help="Parameter to sweep (repeatable): NAME=from:to:step, NAME=a,b,c, or NAME alone.",
    ),
]
HOW: list[Callable[..., Any]] = [
    click.option(
        "--sampler",
        default="random",
        show_default=True,
        type=click.Choice(["grid", "random", "optuna"]),
        help="Which settings are tried: all combinations, a random sample, or proposals by Optuna.",
    ),
    click.option(
        "--settings",
        "-e",
        "--epochs",
        "count",
        type=click.IntRange(1),
        help="Number of settings to try (200); a grid has all combinations.",
    ),
    click.option(
        "--seed",
        "--random-state",
        "seed",
        default=1,
        show_default=True,
        type=click.IntRange(0),
        help="Random seed; the same seed repeats the sweep.",
    ),
    click.option(
        "--objective",
        "--hyperopt-loss",
        "objective",
        default="expectancy_r",
        show_default=True,
        help="What is maximized: profit, expectancy_r (average profit of a trade in R), calmar, sortino, "
        "max_drawdown, or a Freqtrade hyperopt loss by name.",
    ),
    click.option(
        "--hyperopt-path",
        type=click.Path(path_type=Path),
        help="Folder with your own losses, if not user_data/hyperopts.",
    ),
    click.option(
        "--min-trades",
        default=10,
        show_default=True,
        type=click.IntRange(1),
        help="Settings with fewer trades get no score.",
    ),
    click.option(
        "--choose",
        default="plateau",
        show_default=True,
        type=click.Choice(["plateau", "best"]),
        help="Choose by the median score of a setting and its neighbors (plateau), or by its own score (best).",
    ),
    click.option(
        "--walk-forward",
        "tests",
        default=0,
        type=click.IntRange(0),
        help="Number of test windows; settings are chosen on the training window before each. 0 for no test.",
    ),
    click.option(
        "--anchored/--rolling",
        default=False,
        show_default=True,
        help="Training windows start at the first candle (anchored) or slide (rolling).",
    ),
    click.option(
        "--train-windows",
        default=3,
        show_default=True,
        type=click.IntRange(1),
        help="Length of the (first) training window, in test windows.",
    ),
]
WHERE: list[Callable[..., Any]] = [
    click.option(
        "--evaluator",
        default="replay",
        show_default=True,
        type=click.Choice(["replay", "freqtrade"]),
        help="What runs each setting: the compiled replay, or Freqtrade itself, slowly.",
    ),
    click.option(
        "-j",
        "--jobs",
        "--job-workers",
        "jobs",
        default=1,
        show_default=True,
        type=int,
        callback=number_of_jobs,
        help="Number of processes on this machine; as in Freqtrade, -1 for all processors, -2 for all but one.",
    ),
    click.option(
        "--backend",
        default="loky",
        show_default=True,
        type=click.Choice(["loky", "dask"]),
        help="Where settings are evaluated: on this machine (loky), or on a Dask cluster.",
    ),
    click.option("--scheduler", metavar="URL", help="Address of the Dask scheduler, such as tcp://127.0.0.1:8786."),
    click.option(
        "--storage",
        metavar="URL",
        help="Database in which machines share an Optuna study: each evaluates a part, all get the whole table.",
    ),
    click.option("--study", default="robustop", show_default=True, help="Name of the shared study."),
]
THEN: list[Callable[..., Any]] = [
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="Table with one line per setting.  [default: user_data/sweep/STRATEGY.jsonl]",
    ),
    click.option("--resume", is_flag=True, help="Continue an interrupted sweep."),
    click.option("--overwrite", is_flag=True, help="Replace an existing table."),
    click.option(
        "--verify",
        "checks",
        default=0,
        type=click.IntRange(0),
        help="Number of settings on which Freqtrade itself is run, to compare the trades.",
    ),
    click.option(
        "--heat-map",
        type=click.Path(path_type=Path),
        help="Write a page with the scores over two parameters (.html).",
    ),
    click.option("--axes", metavar="NAME,NAME", help="Parameters of the heat map.  [default: the first two swept]"),
    click.option(
        "--export",
        type=click.Path(path_type=Path),
        help="Parameter file to write, if not the one beside the strategy, which Freqtrade loads.",
    ),
    click.option("--no-export", "--disable-param-export", "no_export", is_flag=True, help="Write no parameter file."),
    click.option(
        "--export-anyway",
        is_flag=True,
        help="Write the parameter file even if the verdict is that the choice could be luck; --export does too.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON instead of tables."),
]


with_options = with_all([*WHAT, *HOW, *WHERE, *THEN, *REFUSED])
"""Adds the options to a command."""

"""The options of `robustop sweep`, and its examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

EPILOG = """
\b
From your strategy to a file of parameters that was tested on candles it had not seen:
  robustop sweep --strategy MyStrategy --timerange 20240101-20240701 --walk-forward 4 --verify 5
  freqtrade backtesting --strategy MyStrategy --timerange 20240701-

\b
What is swept (a name alone takes hyperopt's range; nothing at all sweeps everything that may be tuned):
  --set initial_stop_multiplier=2:8:1 --set atr_guard_trail_atr=2,3,5 --set atr_guard_breakeven_atr

\b
Everything on two cores, on a cluster, or with a study that machines share:
  robustop sweep --strategy MyStrategy --sampler grid --set initial_stop_multiplier=2:8:0.5 --jobs 2
  robustop sweep --strategy MyStrategy --backend dask --scheduler tcp://10.0.0.5:8786
  robustop sweep --strategy MyStrategy --sampler optuna --storage postgresql://host/studies --study stops
"""

WHAT: list[Callable[..., Any]] = [
    click.option("-s", "--strategy", required=True, help="Name of the strategy class."),
    click.option(
        "-c",
        "--config",
        "configs",
        multiple=True,
        default=["config.json"],
        show_default=True,
        type=click.Path(path_type=Path),
        help="Freqtrade configuration; may be given more than once, later ones on top.",
    ),
    click.option("--strategy-path", type=click.Path(path_type=Path), help="Folder of the strategy's file."),
    click.option("--timerange", help="Candles to look at, as Freqtrade takes it: 20240101-20240701."),
    click.option("--timeframe-detail", help="Candles inside the candles, as Freqtrade takes it: 1m."),
    click.option("--datadir", type=click.Path(path_type=Path), help="Folder of the candles."),
    click.option("--userdir", type=click.Path(path_type=Path), help="Freqtrade's user data."),
    click.option("--set", "sets", multiple=True, metavar="NAME=VALUES", help="What is swept: from:to:step, or a,b,c."),
]
HOW: list[Callable[..., Any]] = [
    click.option(
        "--sampler",
        default="random",
        show_default=True,
        type=click.Choice(["grid", "random", "optuna"]),
        help="Of settings.",
    ),
    click.option("--settings", "count", type=click.IntRange(1), help="Settings of a search; 200. A grid has them all."),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same sweep."),
    click.option(
        "--objective",
        default="expectancy_r",
        show_default=True,
        help="profit, expectancy_r, calmar, sortino, max_drawdown, or a Freqtrade hyperopt loss by name.",
    ),
    click.option("--hyperopt-path", type=click.Path(path_type=Path), help="Folder of your own losses."),
    click.option("--min-trades", default=10, show_default=True, type=click.IntRange(1), help="Fewer have no score."),
    click.option(
        "--choose", default="plateau", show_default=True, type=click.Choice(["plateau", "best"]), help="By neighbours."
    ),
    click.option("--walk-forward", "tests", default=0, type=click.IntRange(0), help="Tests on candles not chosen on."),
    click.option("--anchored/--rolling", default=False, show_default=True, help="Trains that grow, or that move on."),
    click.option(
        "--train-windows", default=3, show_default=True, type=click.IntRange(1), help="First train, in tests."
    ),
]
WHERE: list[Callable[..., Any]] = [
    click.option(
        "--evaluator", default="replay", show_default=True, type=click.Choice(["replay", "freqtrade"]), help="Who runs."
    ),
    click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes of this machine."),
    click.option(
        "--backend", default="loky", show_default=True, type=click.Choice(["loky", "dask"]), help="Of joblib."
    ),
    click.option("--scheduler", metavar="URL", help="Of a Dask cluster, as in tcp://127.0.0.1:8786."),
    click.option("--storage", metavar="URL", help="Of Optuna's database: machines share the study in it."),
    click.option("--study", default="robustop", show_default=True, help="Name of the study in the database."),
]
THEN: list[Callable[..., Any]] = [
    click.option("--out", type=click.Path(path_type=Path), help="Table; user_data/sweep/STRATEGY.jsonl."),
    click.option("--resume", is_flag=True, help="Go on with an interrupted sweep."),
    click.option("--overwrite", is_flag=True, help="Begin anew where there is a table."),
    click.option("--verify", "checks", default=0, type=click.IntRange(0), help="Settings to run Freqtrade itself on."),
    click.option("--heat-map", type=click.Path(path_type=Path), help="Page of the scores over two numbers (.html)."),
    click.option("--axes", metavar="NAME,NAME", help="Of the heat map; the first two that are swept."),
    click.option("--export", type=click.Path(path_type=Path), help="File of parameters; beside the strategy."),
    click.option("--no-export", is_flag=True, help="Write no file of parameters."),
    click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON instead of tables."),
]


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a function, in their order."""
    for option in reversed([*WHAT, *HOW, *WHERE, *THEN]):
        command = option(command)
    return command

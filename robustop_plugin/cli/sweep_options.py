"""The options of `robustop sweep`, and its examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

EPILOG = """
\b
What you need: RobustopMixin first among your strategy's bases, "hyperopt": true in its robustop block,
candles (freqtrade download-data), and pip install "robustop[lab]". Then, from your strategy to a file of
parameters that was tested on candles it had not seen, and to the confirmation on later ones:
  robustop sweep --strategy MyStrategy --timerange 20240101-20240701 --walk-forward 4 --verify 5
  freqtrade backtesting --strategy MyStrategy --timerange 20240701-

\b
What you get: a table of the best settings, each with the median (plateau) and the worst of its neighbours;
what the choice on each train brought on the test after it, beside your own settings; how likely luck alone
does as well; whether Freqtrade itself has the same trades; and the command that confirms it.

\b
What is swept (a name alone takes hyperopt's range; nothing at all sweeps everything that may be tuned):
  --set initial_stop_multiplier=2:8:1 --set atr_guard_trail_atr=2,3,5 --set atr_guard_breakeven_atr

\b
Everything on two cores, on a cluster, or with a study that machines share:
  robustop sweep --strategy MyStrategy --sampler grid --set initial_stop_multiplier=2:8:0.5 --jobs 2
  robustop sweep --strategy MyStrategy --backend dask --scheduler tcp://10.0.0.5:8786
  robustop sweep --strategy MyStrategy --sampler optuna --storage postgresql+psycopg://me@host/studies --study stops
"""

WHAT: list[Callable[..., Any]] = [
    click.option("-s", "--strategy", required=True, help="Name of the strategy class."),
    click.option(
        "-c",
        "--config",
        "configs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Freqtrade configuration; may be given more than once, later ones on top.  [default: as Freqtrade's, "
        "user_data/config.json or config.json]",
    ),
    click.option(
        "--strategy-path",
        type=click.Path(path_type=Path),
        help="Folder of the strategy's file, where it is not user_data/strategies.",
    ),
    click.option("--timerange", help="Candles to look at, as Freqtrade takes it: 20240101-20240701."),
    click.option("--timeframe-detail", help="Candles inside the candles, as Freqtrade takes it: 1m."),
    click.option(
        "--datadir", type=click.Path(path_type=Path), help="Folder of the candles, where it is not Freqtrade's."
    ),
    click.option("--userdir", type=click.Path(path_type=Path), help="Freqtrade's user data."),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="NAME=VALUES",
        help="A number to sweep, once for each: from:to:step, a,b,c, or its name alone.",
    ),
]
HOW: list[Callable[..., Any]] = [
    click.option(
        "--sampler",
        default="random",
        show_default=True,
        type=click.Choice(["grid", "random", "optuna"]),
        help="Which settings are tried: all of them, some by chance, or where the ones before were good.",
    ),
    click.option(
        "--settings",
        "count",
        type=click.IntRange(1),
        help="How many settings are tried (200); a grid has all combinations.",
    ),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same sweep."),
    click.option(
        "--objective",
        default="expectancy_r",
        show_default=True,
        help="What is looked for: profit, expectancy_r (profit of a trade in multiples of its risk), calmar, sortino, "
        "max_drawdown, or a Freqtrade hyperopt loss by name.",
    ),
    click.option(
        "--hyperopt-path",
        type=click.Path(path_type=Path),
        help="Folder of your own losses, where it is not user_data/hyperopts.",
    ),
    click.option(
        "--min-trades",
        default=10,
        show_default=True,
        type=click.IntRange(1),
        help="A setting with fewer trades has no score.",
    ),
    click.option(
        "--choose",
        default="plateau",
        show_default=True,
        type=click.Choice(["plateau", "best"]),
        help="By the median of a setting and its neighbours, or the single best one.",
    ),
    click.option(
        "--walk-forward",
        "tests",
        default=0,
        type=click.IntRange(0),
        help="How many times settings are chosen on some candles and tested on those after.",
    ),
    click.option(
        "--anchored/--rolling", default=False, show_default=True, help="Trains all start at the beginning, or move on."
    ),
    click.option(
        "--train-windows",
        default=3,
        show_default=True,
        type=click.IntRange(1),
        help="How many tests long the (first) train is.",
    ),
]
WHERE: list[Callable[..., Any]] = [
    click.option(
        "--evaluator",
        default="replay",
        show_default=True,
        type=click.Choice(["replay", "freqtrade"]),
        help="The compiled replay, or Freqtrade itself for every setting, slowly.",
    ),
    click.option(
        "--jobs", default=1, show_default=True, type=click.IntRange(1), help="How many processes of this machine work."
    ),
    click.option(
        "--backend",
        default="loky",
        show_default=True,
        type=click.Choice(["loky", "dask"]),
        help="Where they work: on this machine, or on a Dask cluster.",
    ),
    click.option("--scheduler", metavar="URL", help="Address of the Dask cluster, as in tcp://127.0.0.1:8786."),
    click.option(
        "--storage",
        metavar="URL",
        help="Database in which sweeps share a study of Optuna's: each does its part, all have the whole table.",
    ),
    click.option("--study", default="robustop", show_default=True, help="Name of the study in the database."),
]
THEN: list[Callable[..., Any]] = [
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="The table with a line for each setting: user_data/sweep/STRATEGY.jsonl.",
    ),
    click.option("--resume", is_flag=True, help="Go on with an interrupted sweep."),
    click.option("--overwrite", is_flag=True, help="Begin anew where there is a table."),
    click.option(
        "--verify",
        "checks",
        default=0,
        type=click.IntRange(0),
        help="On how many settings Freqtrade itself is run and its trades compared.",
    ),
    click.option(
        "--heat-map",
        type=click.Path(path_type=Path),
        help="Page to write that shows the scores over two numbers (.html).",
    ),
    click.option("--axes", metavar="NAME,NAME", help="The two numbers of the heat map; the first two that are swept."),
    click.option(
        "--export",
        type=click.Path(path_type=Path),
        help="File of parameters to write, where not beside the strategy, which is where Freqtrade loads it.",
    ),
    click.option("--no-export", is_flag=True, help="Write no file of parameters."),
    click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON instead of tables."),
]


def default_config(userdir: Path | None) -> Path:
    """Return the configuration that Freqtrade takes where none is named."""
    of_user = (userdir or Path("user_data")) / "config.json"
    return of_user if of_user.is_file() else Path("config.json")


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a function, in their order."""
    for option in reversed([*WHAT, *HOW, *WHERE, *THEN]):
        command = option(command)
    return command

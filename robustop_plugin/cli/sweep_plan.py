"""From the options of the command line to a plan."""

from pathlib import Path
from typing import Any

from robustop_plugin.lab.sweep.plan import Plan
from robustop_plugin.runner.run import BacktestRun

OPTIONS = {
    "timerange": "timerange",
    "timeframe_detail": "timeframe_detail",
    "strategy_path": "strategy_path",
    "datadir": "datadir",
    "userdir": "user_data_dir",
}
"""Options that are Freqtrade's, by ours."""


def plan_of(options: dict[str, Any]) -> Plan:
    """Return what is asked for."""
    host = tuple((theirs, str(options[ours])) for ours, theirs in OPTIONS.items() if options[ours] is not None)
    run = BacktestRun(options["strategy"], tuple(str(config) for config in options["configs"]), host)
    folder = Path(options["userdir"] or "user_data") / "sweep"
    return Plan(
        run=run,
        sets=tuple(options["sets"]),
        sampler=options["sampler"],
        count=options["count"],
        seed=options["seed"],
        objective=options["objective"],
        least_trades=options["min_trades"],
        loss_folder=str(options["hyperopt_path"] or ""),
        tests=options["tests"],
        train_windows=options["train_windows"],
        anchored=options["anchored"],
        by_plateau=options["choose"] == "plateau",
        evaluator=options["evaluator"],
        storage=options["storage"],
        study=options["study"],
        out=options["out"] or folder / f"{options['strategy']}.jsonl",
    )

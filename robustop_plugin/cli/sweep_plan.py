"""Turns command-line options into a plan."""

from collections.abc import Callable
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
"""Freqtrade's option names by ours."""

AS_TEXT: dict[str, Callable[[Any], str]] = {"pairs": " ".join, "fee": str, "max_open_trades": str}
"""Options that are no text, and how they are written."""


def plan_of(options: dict[str, Any]) -> Plan:
    """Return the plan."""
    host = tuple((theirs, str(options[ours])) for ours, theirs in OPTIONS.items() if options[ours] is not None)
    given = {name: options[name] for name in AS_TEXT if options[name] not in (None, ())}
    host += tuple((name, AS_TEXT[name](value)) for name, value in given.items())
    run = BacktestRun(options["strategy"], tuple(str(config) for config in options["configs"]), host)
    folder = Path(options["userdir"] or "user_data") / "sweep"
    return Plan(
        run=run,
        sets=tuple(options["sets"]),
        sampler=options["sampler"],
        count=options["count"],
        seed=options["seed"],
        objective=options["objective"],
        min_trades=options["min_trades"],
        hyperopt_path=str(options["hyperopt_path"] or ""),
        walk_forward_tests=options["tests"],
        train_windows=options["train_windows"],
        anchored=options["anchored"],
        by_plateau=options["choose"] == "plateau",
        evaluator=options["evaluator"],
        storage=options["storage"],
        study=options["study"],
        out=options["out"] or folder / f"{options['strategy']}.jsonl",
    )

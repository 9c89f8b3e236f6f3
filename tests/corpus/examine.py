"""Examines one strategy: load, check, a backtest alone, then neutrality and dominance."""

import logging
import time
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from robustop_plugin.runner import check
from tests.corpus import children
from tests.corpus.backtests import Host, Played
from tests.corpus.candles import period_of
from tests.corpus.compare import dominance, neutrality
from tests.corpus.discover import ORDERS, StrategyFile, load_class
from tests.corpus.report import FEWEST_TRADES

FAR: dict[str, Any] = {
    "engines": [{"name": "smart_trail", "activation_percent": 1e9}],
    "initial_stop": {"kind": "percent", "percent": 99.0, "max_percent": 99.9, "fallback_percent": 99.0},
}
"""Stops that can never act: the initial stop is clamped to the strategy's own."""

ACTING: dict[str, Any] = {}
"""The default block: hand_span, from an initial stop of two ATR."""

PARTS: dict[str, Any] = {"partials": True}
"""The same, and partial exits."""

CHECKED = {"default": ACTING, "partials": PARTS}
STAGES = ("load", "check", "alone", "all")
USUAL_TIMEFRAME = "5m"
"""That of a configuration, for strategies without a timeframe of their own."""


class Task(NamedTuple):
    """How strategies are examined.

    Attributes:
        hosts: spot, then futures.
        order: one of `ORDERS`.
        seconds: limit of each backtest.
        timerange: replaces that of the strategy's timeframe; None keeps it.
        folder: working folder of the children.
        stage: the last of `STAGES` to reach.
        acting: the block of the stop that acts.
    """

    hosts: tuple[Host, Host]
    order: str
    seconds: float
    timerange: str | None
    folder: Path
    stage: str
    acting: dict[str, Any]


def examine(task: Task, file: StrategyFile) -> dict[str, Any]:
    """Return what was found of a strategy, as a row of the report."""
    begun = time.monotonic()
    row: dict[str, Any] = {"file": str(file.path), "class": file.name, "order": task.order}
    _examine(task, file, row)
    row["seconds"] = round(time.monotonic() - begun, 1)
    return row


def _examine(task: Task, file: StrategyFile, row: dict[str, Any]) -> None:
    def call(function: Any, *arguments: Any) -> children.Outcome:
        return children.call(function, *arguments, seconds=task.seconds, folder=str(task.folder))

    timeframes = []
    for index, host in enumerate(task.hosts):
        timeframe, row["load"] = call(_load, host, file)
        timeframes.append((index, timeframe))
        if row["load"] is None:
            break
    else:
        return
    index, timeframe = timeframes[-1]
    host, row["market"], row["timeframe"] = task.hosts[index], ("spot", "futures")[index], timeframe
    stage = STAGES.index(task.stage)
    if stage < STAGES.index("check"):
        return
    row["check"] = {name: _found_by(call(_check, host, file, task.order, block)) for name, block in CHECKED.items()}
    if stage < STAGES.index("alone"):
        return
    period = period_of(timeframe, futures=host.futures)
    where = host, file, period.pairs, task.timerange or period.timerange
    alone, row["alone"] = call(_play, *where, None, None)
    if alone is None:
        return
    row["trades"] = len(alone.trades)
    if row["trades"] < FEWEST_TRADES or stage < STAGES.index("all"):
        return
    for name, block, compare in (("neutral", FAR, neutrality), ("dominant", task.acting, dominance)):
        ours, failure = call(_play, *where, task.order, block)
        verdict = compare(alone, ours) if ours is not None else None
        row[name] = verdict._asdict() if verdict is not None else {"good": False, "detail": failure}
        row[name]["errors"] = _more_errors(alone, ours)
        if verdict is not None and not verdict.good:
            again = call(_play, *where, None, None).value
            row[name]["steady"] = again is not None and neutrality(alone, again).good


def _more_errors(alone: Played, ours: Played | None) -> dict[str, int]:
    """Return the errors that were logged with robustop only."""
    return {} if ours is None else {text: count for text, count in ours.errors.items() if text not in alone.errors}


def _load(host: Host, file: StrategyFile) -> str:
    """Return the timeframe of a strategy that Freqtrade loads."""
    return _timeframe_of(host, load_class(file))


def _timeframe_of(host: Host, strategy: type[IStrategy]) -> str:
    loaded = host.load(strategy)
    return getattr(loaded, "timeframe", None) or USUAL_TIMEFRAME


def _found_by(outcome: children.Outcome) -> list[str]:
    return [outcome.failure] if outcome.failure is not None else list(outcome.value)


def _check(host: Host, file: StrategyFile, order: str, block: dict[str, Any]) -> list[str]:
    """Return the problems that `robustop check` reports of a strategy with a block."""
    strategy = ORDERS[order](load_class(file), block)
    return problems(host.load(strategy))


def problems(strategy: IStrategy) -> list[str]:
    """Return the problems of a loaded strategy, as a live bot has them; the only place that knows of `check`."""
    strategy.config["runmode"] = RunMode.LIVE
    return [finding.detail for finding in check._findings(strategy) if finding.verdict == "problem"]


def _play(
    host: Host, file: StrategyFile, pairs: tuple[str, ...], timerange: str, order: str | None, block: Any
) -> Played:
    """Backtest a strategy, alone if `order` is None; every run imports its module anew."""
    logging.getLogger().setLevel(logging.ERROR)
    theirs = load_class(file)
    more = {} if getattr(theirs, "timeframe", None) else {"timeframe": USUAL_TIMEFRAME}
    return host.play(theirs if order is None else ORDERS[order](theirs, block), pairs, timerange, **more)

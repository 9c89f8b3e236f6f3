"""The result of a sweep: tables for people, JSON for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from robustop_plugin.cli.sweep_verdict import edge_hints, verdict
from robustop_plugin.lab.sweep.judging.reality_check import RESAMPLES
from robustop_plugin.lab.sweep.judging.verify import Difference
from robustop_plugin.lab.sweep.judging.walk_forward import FoldResult
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.space import short_values
from robustop_plugin.lab.sweep.sweep import ExportedParameters, Sweep, SweepResult

SHOWN = 5
"""Number of settings in the table."""

MOST_DIFFERENCES = 20

DEFLATED_SHARPE = (
    "{share:.1%} probability that it is better than the best of {count} tries without skill (deflated Sharpe ratio, "
    "Bailey and Lopez de Prado 2014)"
)
REALITY_CHECK = (
    "by chance alone, the best of {count} tries earns as much in {profit:.1%} of all cases and improves on yours as "
    "much in {improvement:.1%} (White's reality check 2000)"
)


def as_data(
    sweep: Sweep, result: SweepResult, differences: Sequence[Difference] | None, exported: ExportedParameters | None
) -> Any:
    """Return the result as JSON-ready data."""
    chosen = result.chosen
    return {
        "strategy": sweep.plan.run.strategy,
        "objective": sweep.objective.name,
        "settings": len(result.rows),
        "table": str(sweep.table.path),
        "yours": {"values": result.space.baseline(), **_without_daily(result.baseline)},
        "chosen": {
            "values": chosen.row.values,
            "plateau": _finite(chosen.plateau),
            "worst_neighbour": _finite(chosen.worst_neighbor),
            **_without_daily(chosen.row.metrics),
        },
        "verdict": verdict(result.deflated_sharpe, result.reality_check),
        "at_the_edge": list(edge_hints(result.space, chosen.row.values)),
        "deflated_sharpe": result.deflated_sharpe,
        "reality_check": result.reality_check
        and {**result.reality_check._asdict(), "resamples": RESAMPLES, "seed": sweep.plan.seed},
        "walk_forward": [
            {
                "train": list(step.fold.train),
                "test": list(step.fold.test),
                "values": step.values,
                "on_train": _without_daily(step.train),
                "on_test": _without_daily(step.test),
                "yours_on_test": _without_daily(step.baseline),
            }
            for step in result.walk_forward
        ],
        "differences": None if differences is None else [difference._asdict() for difference in differences],
        "verified": None if differences is None else not differences,
        "parameters": exported and str(exported.path),
        "confirm": exported and exported.confirm_command,
        "later": exported and exported.later_command,
    }


def show(
    console: Console,
    sweep: Sweep,
    result: SweepResult,
    differences: Sequence[Difference] | None,
    exported: ExportedParameters | None,
) -> None:
    """Print the result, and what to do with it."""
    if not console.is_terminal:
        console.width = 120
    console.print(_ranking_table(sweep, result))
    if result.walk_forward:
        console.print(_walk_forward_table(sweep, result.walk_forward))
        console.print(_out_of_sample(sweep, result.walk_forward), highlight=False)
    for label, sentence in (
        ("skill", _deflated_sharpe(result)),
        ("luck", _reality_check(result)),
        ("verdict", verdict(result.deflated_sharpe, result.reality_check)),
    ):
        _say(console, f"{label:<12}{sentence}")
    for hint in edge_hints(result.space, result.chosen.row.values):
        _say(console, f"edge        {hint}")
    if differences is not None:
        _show_differences(console, sweep, differences)
    _say(console, f"table       {sweep.table.path}; the result is in {sweep.results_path.name} beside it")
    if exported is not None:
        _say(console, f"parameters  {exported.path}")
        _say(console, f"confirm     {exported.confirm_command}")
        if exported.later_command is not None:
            _say(console, f"and later   {exported.later_command}")


def _show_differences(console: Console, sweep: Sweep, differences: Sequence[Difference]) -> None:
    """Print whether Freqtrade itself made the same trades."""
    if not differences:
        _say(
            console,
            f"verified    {sweep.verified_count} settings: Freqtrade itself gives the same trades, to the last digit",
        )
        return
    title = f"{len(differences)} differences from Freqtrade; no parameters were written"
    table = Table("setting", "trade", "pair", "field", "sweep", "freqtrade", title=title, title_justify="left")
    for difference in differences[:MOST_DIFFERENCES]:
        trade = str(difference.trade) if difference.trade else "all"
        table.add_row(
            " ".join(short_values(difference.values)),
            trade,
            difference.pair,
            difference.field,
            difference.swept,
            difference.host,
        )
    console.print(table)


def _ranking_table(sweep: Sweep, result: SweepResult) -> Table:
    """Return the table of the best settings and the settings in force."""
    title = f"{len(result.rows)} settings of {sweep.plan.run.strategy} by {sweep.objective.name}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("values", no_wrap=True)
    for name in ("plateau", "worst near", "score", "trades", f"profit {result.strategy.currency}", "drawdown"):
        table.add_column(name, justify="right")
    for place, candidate in enumerate(sweep.ranked(result.candidates)[:SHOWN], start=1):
        values = "\n".join(short_values(candidate.row.values))
        name = "chosen" if candidate is result.chosen else str(place)
        table.add_row(
            name,
            values,
            _number(candidate.plateau),
            _number(candidate.worst_neighbor),
            *_metric_cells(candidate.row.metrics),
        )
    table.add_row("yours", "\n".join(short_values(result.space.baseline())), "", "", *_metric_cells(result.baseline))
    return table


def _walk_forward_table(sweep: Sweep, folds: Sequence[FoldResult]) -> Table:
    """Return the table of the walk-forward test."""
    kind = "anchored" if sweep.plan.anchored else "rolling"
    table = Table(
        title=f"walk-forward, {kind}: chosen on training windows, tested on the windows that follow",
        title_justify="left",
    )
    table.add_column("test")
    table.add_column("chosen on training", no_wrap=True)
    for name in ("score on training", "on test", "yours on test", "trades", "profit", "yours"):
        table.add_column(name, justify="right")
    for result in folds:
        scores = (_number(metrics.score) for metrics in (result.train, result.test, result.baseline))
        profits = (f"{metrics.profit:,.2f}" for metrics in (result.test, result.baseline))
        span = f"{_day(result.fold.test.start)}\n{_day(result.fold.test.stop)}"
        table.add_row(span, "\n".join(short_values(result.values)), *scores, str(result.test.trades), *profits)
    return table


def _out_of_sample(sweep: Sweep, folds: Sequence[FoldResult]) -> str:
    """Return the walk-forward test in one sentence."""
    profit, yours = (
        sum(metrics.profit for metrics in side)
        for side in zip(*((result.test, result.baseline) for result in folds), strict=True)
    )
    better = sum(result.test.profit > result.baseline.profit for result in folds)
    missed = len(sweep.folds) - len(folds)
    note = f"; on {missed} training windows no setting had a score" if missed else ""
    return (
        f"on candles it was not chosen on, the choice earned {profit:,.2f} and your settings {yours:,.2f}; "
        f"better in {better} of {len(folds)} tests{note}"
    )


def _deflated_sharpe(result: SweepResult) -> str:
    if result.deflated_sharpe is None:
        return "unknown: the daily returns are constant"
    return DEFLATED_SHARPE.format(share=result.deflated_sharpe, count=len(result.rows))


def _reality_check(result: SweepResult) -> str:
    if result.reality_check is None:
        return "unknown: there is only one day"
    return REALITY_CHECK.format(
        count=len(result.rows), profit=result.reality_check.of_profit, improvement=result.reality_check.of_improvement
    )


def _without_daily(measured: Metrics) -> dict[str, Any]:
    """Return the metrics without the daily returns, which are in the table."""
    return {name: value for name, value in measured._asdict().items() if name != "daily"}


def _metric_cells(measured: Metrics) -> tuple[str, ...]:
    return (
        _number(measured.score),
        str(measured.trades),
        f"{measured.profit:,.2f}",
        f"{measured.drawdown:,.2f}",
    )


def _number(value: float | None) -> str:
    return "-" if value is None or _finite(value) is None else f"{value:,.4g}"


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") else None


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d")


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)

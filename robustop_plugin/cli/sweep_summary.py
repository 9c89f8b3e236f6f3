"""What a sweep found, as tables for people and as data for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from robustop_plugin.lab.sweep.judging.reality_check import RESAMPLES, Chance
from robustop_plugin.lab.sweep.judging.verify import Difference
from robustop_plugin.lab.sweep.judging.walk_forward import Step
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.space import tidy
from robustop_plugin.lab.sweep.sweep import Found, Sweep, Written

SHOWN = 5
"""Settings of the table, by their rank."""

MOST_DIFFERENCES = 20
LIKELY, UNLIKELY = 0.95, 0.05

SKILL = (
    "it is {share:.1%} likely to be more than the best of {count} tries without any skill (deflated Sharpe ratio, "
    "Bailey and Lopez de Prado 2014)"
)
CHANCE = (
    "the best of {count} tries would earn as much by chance alone in {profit:.1%} of all cases, and be as much better "
    "than yours in {improvement:.1%} (White's reality check 2000)"
)


def as_data(session: Sweep, found: Found, different: Sequence[Difference] | None, written: Written | None) -> Any:
    """Return what was found as JSON-ready data."""
    chosen = found.chosen
    return {
        "strategy": session.plan.run.strategy,
        "objective": session.objective.name,
        "settings": len(found.rows),
        "table": str(session.table.path),
        "yours": {"values": found.space.yours(), **_kept(found.yours)},
        "chosen": {
            "values": chosen.row.values,
            "plateau": _finite(chosen.plateau),
            "worst_neighbour": _finite(chosen.worst),
            **_kept(chosen.row.measured),
        },
        "deflated_sharpe": found.skill,
        "reality_check": found.chance and {**found.chance._asdict(), "resamples": RESAMPLES, "seed": session.plan.seed},
        "walk_forward": [
            {
                "train": list(step.fold.train),
                "test": list(step.fold.test),
                "values": step.values,
                "on_train": _kept(step.train),
                "on_test": _kept(step.test),
                "yours_on_test": _kept(step.yours),
            }
            for step in found.steps
        ],
        "differences": None if different is None else [one._asdict() for one in different],
        "verified": None if different is None else not different,
        "parameters": written and str(written.path),
        "confirm": written and written.command,
        "later": written and written.later,
    }


def show(
    console: Console,
    session: Sweep,
    found: Found,
    different: Sequence[Difference] | None,
    written: Written | None,
) -> None:
    """Print what was found, and what to do with it."""
    if not console.is_terminal:
        console.width = 120
    console.print(_ranking(session, found))
    if found.steps:
        console.print(_walk(session, found.steps))
        console.print(_out_of_sample(session, found.steps), highlight=False)
    for label, sentence in (
        ("skill", _skill(found)),
        ("luck", _chance(found)),
        ("verdict", verdict_of(found.skill, found.chance)),
    ):
        _say(console, f"{label:<12}{sentence}")
    if different is not None:
        _show_differences(console, session, different)
    _say(console, f"table       {session.table.path}; what was found is in {session.findings.name} beside it")
    if written is not None:
        _say(console, f"parameters  {written.path}")
        _say(console, f"confirm     {written.command}")
        if written.later is not None:
            _say(console, f"and later   {written.later}")


def _show_differences(console: Console, session: Sweep, different: Sequence[Difference]) -> None:
    """Print whether Freqtrade itself had the same trades."""
    if not different:
        _say(
            console,
            f"verified    {session.verified} settings: Freqtrade itself gives the same trades, to the last digit",
        )
        return
    title = f"{len(different)} differences to Freqtrade; no parameters were written"
    table = Table("setting", "trade", "pair", "field", "sweep", "freqtrade", title=title, title_justify="left")
    for one in different[:MOST_DIFFERENCES]:
        trade = str(one.trade) if one.trade else "all"
        table.add_row(" ".join(tidy(one.values)), trade, one.pair, one.field, one.swept, one.host)
    console.print(table)


def _ranking(session: Sweep, found: Found) -> Table:
    """Return the best settings and the one in force."""
    title = f"{len(found.rows)} settings of {session.plan.run.strategy} by {session.objective.name}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("values", no_wrap=True)
    for name in ("plateau", "worst near", "score", "trades", f"profit {found.subject.currency}", "drawdown"):
        table.add_column(name, justify="right")
    for place, judged in enumerate(session.ranked(found.judged)[:SHOWN], start=1):
        values = "\n".join(tidy(judged.row.values))
        name = "chosen" if judged is found.chosen else str(place)
        table.add_row(name, values, _number(judged.plateau), _number(judged.worst), *_measured(judged.row.measured))
    table.add_row("yours", "\n".join(tidy(found.space.yours())), "", "", *_measured(found.yours))
    return table


def _walk(session: Sweep, steps: Sequence[Step]) -> Table:
    """Return the walk-forward test."""
    kind = "anchored" if session.plan.anchored else "rolling"
    table = Table(title=f"walk-forward, {kind}: chosen on the train, judged on the test", title_justify="left")
    table.add_column("test")
    table.add_column("chosen on the train", no_wrap=True)
    for name in ("score on train", "on test", "yours on test", "trades", "profit", "yours"):
        table.add_column(name, justify="right")
    for step in steps:
        scores = (_number(one.score) for one in (step.train, step.test, step.yours))
        profits = (f"{one.profit:,.2f}" for one in (step.test, step.yours))
        span = f"{_day(step.fold.test.start)}\n{_day(step.fold.test.stop)}"
        table.add_row(span, "\n".join(tidy(step.values)), *scores, str(step.test.trades), *profits)
    return table


def _out_of_sample(session: Sweep, steps: Sequence[Step]) -> str:
    """Return the walk-forward test in one sentence."""
    profit, yours = (sum(one.profit for one in side) for side in zip(*((s.test, s.yours) for s in steps), strict=True))
    better = sum(step.test.profit > step.yours.profit for step in steps)
    missed = len(session.folds) - len(steps)
    note = f"; on {missed} trains no setting had a score" if missed else ""
    return (
        f"on candles it was not chosen on, the choice earned {profit:,.2f} and your settings {yours:,.2f}; "
        f"better in {better} of {len(steps)} tests{note}"
    )


def _skill(found: Found) -> str:
    if found.skill is None:
        return "the daily returns do not vary: nothing can be said"
    return SKILL.format(share=found.skill, count=len(found.rows))


def _chance(found: Found) -> str:
    if found.chance is None:
        return "there is a single day: nothing can be said"
    return CHANCE.format(count=len(found.rows), profit=found.chance.of_profit, improvement=found.chance.of_improvement)


def verdict_of(skill: float | None, chance: Chance | None) -> str:
    """Return what to make of both tests of luck; whichever doubts is heard."""
    if skill is None or chance is None or skill < LIKELY or chance.of_profit > UNLIKELY:
        return "luck would do: do not believe it yet"
    if chance.of_improvement > UNLIKELY:
        return "it earns by more than luck, but need not be better than your settings"
    return "it earns by more than luck, and more than your settings do"


def _kept(measured: Measured) -> dict[str, Any]:
    """Return what is kept of a backtest, its daily returns left out: the table has them."""
    return {name: value for name, value in measured._asdict().items() if name != "daily"}


def _measured(measured: Measured) -> tuple[str, ...]:
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

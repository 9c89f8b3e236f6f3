"""What a sweep found, as tables for people and as data for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from robustop_plugin.lab.sweep.measure import Measured
from robustop_plugin.lab.sweep.session import Found, Session, Written
from robustop_plugin.lab.sweep.space import tidy
from robustop_plugin.lab.sweep.verify import Difference
from robustop_plugin.lab.sweep.walk_forward import Step

SHOWN = 5
"""Settings of the table, by their rank."""

MOST_DIFFERENCES = 20
LIKELY = 0.95

TRUST = (
    "{share:.1%} likely to be more than the best of {count} tries without any skill (deflated Sharpe ratio, "
    "Bailey and Lopez de Prado 2014): {verdict}"
)


def as_data(session: Session, found: Found, different: Sequence[Difference] | None, written: Written | None) -> Any:
    """Return what was found as JSON-ready data."""
    chosen = found.chosen
    return {
        "strategy": session.plan.run.strategy,
        "objective": session.objective.name,
        "settings": len(found.rows),
        "table": str(session.table.path),
        "yours": {"values": found.space.yours(), **found.yours._asdict()},
        "chosen": {
            "values": chosen.row.values,
            "plateau": _finite(chosen.plateau),
            "worst_neighbour": _finite(chosen.worst),
            **chosen.row.measured._asdict(),
        },
        "deflated_sharpe": found.skill,
        "walk_forward": [
            {
                "train": list(step.fold.train),
                "test": list(step.fold.test),
                "values": step.values,
                "on_train": step.train._asdict(),
                "on_test": step.test._asdict(),
                "yours_on_test": step.yours._asdict(),
            }
            for step in found.steps
        ],
        "differences": None if different is None else [one._asdict() for one in different],
        "parameters": written and str(written.path),
        "confirm": written and written.command,
    }


def show(console: Console, session: Session, found: Found, written: Written | None) -> None:
    """Print what was found, and what to do with it."""
    if not console.is_terminal:
        console.width = 120
    console.print(_ranking(session, found))
    if found.steps:
        console.print(_walk(session, found.steps))
        console.print(_out_of_sample(session, found.steps), highlight=False)
    _say(console, _trust(found))
    _say(console, f"table       {session.table.path}")
    if written is not None:
        _say(console, f"parameters  {written.path}")
        _say(console, f"confirm     {written.command}")


def show_differences(console: Console, count: int, different: Sequence[Difference]) -> None:
    """Print whether Freqtrade itself had the same trades."""
    if not different:
        _say(console, f"verified    {count} settings: Freqtrade itself gives the same trades, to the last digit")
        return
    title = f"{len(different)} differences to Freqtrade; no parameters were written"
    table = Table("setting", "trade", "pair", "field", "sweep", "freqtrade", title=title, title_justify="left")
    for one in different[:MOST_DIFFERENCES]:
        trade = str(one.trade) if one.trade else "all"
        table.add_row(" ".join(tidy(one.values)), trade, one.pair, one.field, one.swept, one.host)
    console.print(table)


def _ranking(session: Session, found: Found) -> Table:
    """Return the best settings and the one in force."""
    title = f"{len(found.rows)} settings of {session.plan.run.strategy} by {session.objective.name}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("values", overflow="fold")
    for name in ("plateau", "worst near", "score", "trades", f"profit {found.subject.currency}", "drawdown"):
        table.add_column(name, justify="right")
    for place, judged in enumerate(session.ranked(found.judged)[:SHOWN], start=1):
        values = " ".join(tidy(judged.row.values))
        name = "chosen" if judged is found.chosen else str(place)
        table.add_row(name, values, _number(judged.plateau), _number(judged.worst), *_measured(judged.row.measured))
    table.add_row("yours", " ".join(tidy(found.space.yours())), "", "", *_measured(found.yours))
    return table


def _walk(session: Session, steps: Sequence[Step]) -> Table:
    """Return the walk-forward test."""
    kind = "anchored" if session.plan.anchored else "rolling"
    table = Table(title=f"walk-forward, {kind}: chosen on the train, judged on the test", title_justify="left")
    table.add_column("test")
    table.add_column("chosen on the train", overflow="fold")
    for name in ("score on train", "on test", "yours on test", "trades", "profit", "yours"):
        table.add_column(name, justify="right")
    for step in steps:
        scores = (_number(one.score) for one in (step.train, step.test, step.yours))
        profits = (f"{one.profit:,.2f}" for one in (step.test, step.yours))
        span = f"{_day(step.fold.test.start)} - {_day(step.fold.test.stop)}"
        table.add_row(span, " ".join(tidy(step.values)), *scores, str(step.test.trades), *profits)
    return table


def _out_of_sample(session: Session, steps: Sequence[Step]) -> str:
    """Return the walk-forward test in one sentence."""
    profit, yours = (sum(one.profit for one in side) for side in zip(*((s.test, s.yours) for s in steps), strict=True))
    better = sum(step.test.profit > step.yours.profit for step in steps)
    missed = len(session.folds) - len(steps)
    note = f"; on {missed} trains no setting had a score" if missed else ""
    return (
        f"on candles it was not chosen on, the choice earned {profit:,.2f} and your settings {yours:,.2f}; "
        f"better in {better} of {len(steps)} tests{note}"
    )


def _trust(found: Found) -> str:
    if found.skill is None:
        return "luck        the daily returns do not vary: nothing can be said"
    verdict = "believe it" if found.skill >= LIKELY else "luck would do, do not believe it yet"
    return "luck        " + TRUST.format(share=found.skill, count=len(found.rows), verdict=verdict)


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

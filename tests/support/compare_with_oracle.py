"""Compares many cases of every engine with the oracle: `python -m tests.support.compare_with_oracle --examples 10000`.

Prints per engine how many of the cases reach each rule. Exits with 1 and the first difference, minimized, or if a rule
was not reached.
"""

import json
import sys
from collections import Counter
from typing import Any

import click
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from robustop_plugin.core.errors import RobustopError
from robustop_plugin.lab.simulate import simulate
from tests.oracle import judge, steps_of
from tests.support.rules import RULES
from tests.support.strategies import cases_of, composed

STEPS_OF_PROGRESS = 10
UNTOUCHED = "hypothesis-urandom"
"""Draws every case anew: Hypothesis's own backend tries five copies of each, with a part repeated."""


class DifferentError(Exception):
    """A case for which `simulate` and the oracle differ."""

    def __init__(self, case: dict[str, Any]) -> None:
        """Store the case."""
        super().__init__("simulate differs from the oracle")
        self.case = case


def drawn_by(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return the Hypothesis strategy for an engine's cases, or for composed ones."""
    return composed() if name == "composed" else cases_of(name)


def simulated_steps(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of `simulate`; the message that rejects a case counts as a step too."""
    try:
        return simulate(case)["steps"]
    except RobustopError as refusal:
        return [{"refused": str(refusal)}]


def rules_reached(case: dict[str, Any]) -> frozenset[str]:
    """Return the rules that a case reaches; raise if a step differs from the oracle's."""
    judged = list(judge(case))
    if simulated_steps(case) != [row.step for row in judged]:
        raise DifferentError(case)
    return frozenset().union(*(row.marks for row in judged))


def smallest(case: dict[str, Any]) -> dict[str, Any]:
    """Return the differing case without the ticks that the difference does not need."""
    for index in reversed(range(len(case["ticks"]))):
        ticks = case["ticks"][:index] + case["ticks"][index + 1 :]
        if ticks and simulated_steps(case | {"ticks": ticks}) != steps_of(case | {"ticks": ticks}):
            case = case | {"ticks": ticks}
    return case


def difference(case: dict[str, Any]) -> str:
    """Return a case and both versions of the first differing step."""
    expected, actual = steps_of(case), simulated_steps(case)
    pairs = zip(expected, actual, strict=False)
    index = next((index for index, (left, other) in enumerate(pairs) if left != other), min(len(expected), len(actual)))
    versions = {"oracle": expected[index : index + 1], "simulate": actual[index : index + 1]}
    return json.dumps({"case": case, "step": index, **versions}, indent=1)


def try_many(name: str, examples: int, console: Console) -> Counter[str]:
    """Compare this many cases of one kind and count the rules they reach."""
    reached: Counter[str] = Counter()
    every = max(1, examples // STEPS_OF_PROGRESS)

    @given(drawn_by(name))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        backend=UNTOUCHED,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    def compare(case: dict[str, Any]) -> None:
        reached.update(rules_reached(case))
        reached["cases"] += 1
        if reached["cases"] % every == 0 and reached["cases"] <= examples:
            console.print(f"{name}: {reached['cases']} of {examples} cases agree")

    compare()
    return reached


def shares(name: str, reached: Counter[str]) -> Table:
    """Return the share of cases that reach each rule, rarest first; then the rules that are not listed."""
    table = Table("rule", "cases", "share", title=f"{name}: {reached['cases']} cases")
    listed = sorted(set(RULES[name]), key=lambda rule: (reached[rule], rule))
    others = sorted(set(reached) - {"cases", *listed}, key=lambda rule: (reached[rule], rule))
    for rule in [*listed, *others]:
        table.add_row(rule, str(reached[rule]), f"{reached[rule] / max(1, reached['cases']):.2%}")
    return table


def outcome_of(name: str, examples: int) -> tuple[Counter[str], str | None]:
    """Return the rules that the cases of one kind reach, and the first difference or None."""
    console = Console(width=100)
    try:
        return try_many(name, examples, console), None
    except DifferentError as different:
        return Counter(), difference(smallest(different.case))


@click.command()
@click.option("--examples", default=10_000, show_default=True, help="Cases of each kind.")
@click.option("--only", multiple=True, type=click.Choice(list(RULES)), help="This kind alone; may be repeated.")
def compare_many(examples: int, only: tuple[str, ...]) -> None:
    """Compare `simulate` with the oracle on many cases of every engine, on all cores; fail if a rule is not reached."""
    console, names, failed = Console(width=100), only or tuple(RULES), False
    outcomes = Parallel(n_jobs=-1)(delayed(outcome_of)(name, examples) for name in names)
    for name, (reached, different) in zip(names, outcomes, strict=True):
        if different is not None:
            console.print(f"{name}: simulate differs from the oracle")
            console.print(different, soft_wrap=True, highlight=False, markup=False)
            failed = True
            continue
        console.print(shares(name, reached))
        untested = [rule for rule in RULES[name] if not reached[rule]]
        if untested:
            console.print(f"{name}: no case reached {', '.join(untested)}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    compare_many()

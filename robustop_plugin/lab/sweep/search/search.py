"""One search: a sampler asks, the workers answer, the table keeps."""

from collections.abc import Callable

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.results_table import Row, Table
from robustop_plugin.lab.sweep.search.samplers import Batch, Sampler
from robustop_plugin.lab.sweep.search.workers import Task, Workplace
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.trades import Evaluator

Advance = Callable[[int], None]
"""Told how many more settings are done."""


def search(
    name: str, sampler: Sampler, evaluator: Evaluator, task: Task, table: Table, place: Workplace, advance: Advance
) -> list[Row]:
    """Return the rows of a search; what the table has already is not evaluated again.

    Args:
        name: of the search in the table.
        sampler: of settings.
        evaluator: of their trades.
        task: what is done with each.
        table: where rows are kept as they finish, those of other machines among them.
        place: who does the work.
        advance: told of the progress.

    Raises:
        RobustopError: the evaluator does not model a setting, or the table has another sweep's rows.
    """
    try:
        while batch := sampler.ask():
            _evaluate(name, sampler, evaluator, task, table, place, advance, batch)
            _take_over(name, sampler, table, advance)
    finally:
        sampler.close()
    _take_over(name, sampler, table, advance)
    return table.of(name)


def _evaluate(
    name: str,
    sampler: Sampler,
    evaluator: Evaluator,
    task: Task,
    table: Table,
    place: Workplace,
    advance: Advance,
    batch: Batch,
) -> None:
    """Evaluate one batch, as far as the table does not have it, and tell the sampler."""
    known = {number for number, values in batch if _is_known(table, name, number, values)}
    advance(len(known))
    values_of = {number: values for number, values in batch if number not in known}
    for chunk in place.evaluate(evaluator, task, list(values_of.items())) if values_of else ():
        table.add(Row(name, number, values_of[number], measured) for number, measured in chunk)
        advance(len(chunk))
    sampler.tell({number: table.rows[name, number].measured for number, _ in batch})


def _take_over(name: str, sampler: Sampler, table: Table, advance: Advance) -> None:
    """Keep what other machines have evaluated."""
    others = [Row(name, *one) for one in sampler.done() if (name, one[0]) not in table.rows]
    if others:
        table.add(others)
        advance(len(others))


def _is_known(table: Table, name: str, number: int, values: Values) -> bool:
    """Return whether the table has a setting.

    Raises:
        InvalidSettings: it has another one in its place.
    """
    row = table.rows.get((name, number))
    if row is not None and row.values != values:
        raise InvalidSettings(
            f"--resume: setting {number} of {table.path} was {row.values}, and is {values} now: another version of "
            "Optuna or Python chose it; start anew with --overwrite"
        )
    return row is not None

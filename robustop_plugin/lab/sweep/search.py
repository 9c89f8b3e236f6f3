"""One search: a sampler asks, the workers answer, the table keeps."""

from collections.abc import Callable

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluate import Evaluator
from robustop_plugin.lab.sweep.samplers import Sampler
from robustop_plugin.lab.sweep.table import Row, Table
from robustop_plugin.lab.sweep.workers import Task, Workplace

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
        table: where rows are kept as they finish.
        place: who does the work.
        advance: told of the progress.

    Raises:
        RobustopError: the evaluator does not model a setting, or the table has another sweep's rows.
    """
    while batch := sampler.ask():
        known = [number for number, values in batch if _is_known(table, name, number, values)]
        advance(len(known))
        waiting = [(number, values) for number, values in batch if number not in set(known)]
        values_of = dict(waiting)
        for chunk in place.evaluate(evaluator, task, waiting) if waiting else ():
            table.add(Row(name, number, values_of[number], measured) for number, measured in chunk)
            advance(len(chunk))
        sampler.tell({number: table.rows[name, number].measured.score for number, _ in batch})
    return table.of(name)


def _is_known(table: Table, name: str, number: int, values: dict[str, float]) -> bool:
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

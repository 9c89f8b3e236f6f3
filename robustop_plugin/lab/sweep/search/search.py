"""One search: a sampler proposes, workers evaluate, the table stores."""

from collections.abc import Callable

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row
from robustop_plugin.lab.sweep.search.samplers import Batch, Sampler
from robustop_plugin.lab.sweep.search.workers import Task, Workers
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.trades import Evaluator

ProgressCallback = Callable[[int], None]
"""Receives how many more settings are done."""


def search(
    name: str,
    sampler: Sampler,
    evaluator: Evaluator,
    task: Task,
    table: ResultsTable,
    workers: Workers,
    advance: ProgressCallback,
) -> list[Row]:
    """Run a search and return its rows; settings that are in the table are not evaluated again.

    Args:
        name: Name of the search in the table.
        sampler: Proposes settings.
        evaluator: Returns the trades of a setting.
        task: How trades are scored.
        table: Stores rows as they finish, those of other machines too.
        workers: The processes that evaluate.
        advance: Receives the progress.

    Raises:
        RobustopError: The evaluator does not model a setting, or the table belongs to another sweep.
    """
    try:
        while batch := sampler.ask():
            _evaluate(name, sampler, evaluator, task, table, workers, advance, batch)
            _add_rows_of_others(name, sampler, table, advance)
    finally:
        sampler.close()
    _add_rows_of_others(name, sampler, table, advance)
    return table.rows_of(name)


def _evaluate(
    name: str,
    sampler: Sampler,
    evaluator: Evaluator,
    task: Task,
    table: ResultsTable,
    workers: Workers,
    advance: ProgressCallback,
    batch: Batch,
) -> None:
    """Evaluate the settings of a batch that the table does not have, and tell the sampler."""
    known = {number for number, values in batch if _is_known(table, name, number, values)}
    advance(len(known))
    values_of = {number: values for number, values in batch if number not in known}
    for chunk in workers.evaluate(evaluator, task, list(values_of.items())) if values_of else ():
        table.add(Row(name, number, values_of[number], metrics) for number, metrics in chunk)
        advance(len(chunk))
    sampler.tell({number: table.rows[name, number].metrics for number, _ in batch})


def _add_rows_of_others(name: str, sampler: Sampler, table: ResultsTable, advance: ProgressCallback) -> None:
    """Add the rows that other machines have evaluated."""
    others = [Row(name, *evaluated) for evaluated in sampler.evaluated() if (name, evaluated[0]) not in table.rows]
    if others:
        table.add(others)
        advance(len(others))


def _is_known(table: ResultsTable, name: str, number: int, values: Values) -> bool:
    """Return whether the table has a setting.

    Raises:
        InvalidSettings: The table has other values under this number.
    """
    row = table.rows.get((name, number))
    if row is not None and row.values != values:
        raise InvalidSettings(
            f"--resume: setting {number} of {table.path} was {row.values}, and is {values} now: another version of "
            "Optuna or Python chose it; start anew with --overwrite"
        )
    return row is not None

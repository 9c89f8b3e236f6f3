"""What a sweep is doing, and how much of it is done: a bar on a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

EVERY = 30.0
"""Seconds between two lines where there is no terminal: what is done sooner says nothing."""


class Shown:
    """A bar, and beside it what is done at the moment."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        """Take the bar."""
        self._progress, self._task = progress, task
        self._began = self._told = time.monotonic()

    def stage(self, text: str) -> None:
        """Show what is done from now on."""
        self._progress.update(self._task, stage=text)
        self._tell()

    def count(self, what: str, total: int) -> Callable[[int], None]:
        """Begin to count; return a function that is told how many more are done.

        Args:
            what: is counted.
            total: of it.
        """
        self._progress.reset(self._task, total=total, description=what)

        def advance(count: int) -> None:
            self._progress.advance(self._task, count)
            self._tell()

        return advance

    def _tell(self) -> None:
        """Print a line on standard error, where nobody sees the bar and the last line is long ago."""
        now = time.monotonic()
        if not self._progress.disable or now - self._told < EVERY:
            return
        self._told, task = now, self._progress.tasks[0]
        done = "" if task.total is None else f" {task.completed:.0f} of {task.total:.0f}"
        click.echo(f"{now - self._began:.0f} s: {task.description}{done}; {task.fields['stage']}", err=True)


@contextmanager
def shown_on(console: Console) -> Iterator[Shown]:
    """Yield what shows the course of a sweep, for as long as it takes."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[stage]}"))
    with Progress(*columns, *times, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Shown(progress, progress.add_task("getting ready", total=None, stage="reading the configuration"))

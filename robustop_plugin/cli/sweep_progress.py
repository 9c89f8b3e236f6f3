"""The progress of a sweep: a bar on a terminal, an occasional line in a log."""

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

LOG_INTERVAL = 30.0
"""Seconds between two lines without a terminal; shorter work prints nothing."""


class ProgressDisplay:
    """A progress bar with the current step beside it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        """Store the bar."""
        self._progress, self._task = progress, task
        self._started = self._last_logged = time.monotonic()

    def show_stage(self, text: str) -> None:
        """Show the current step."""
        self._progress.update(self._task, stage=text)
        self._log()

    def start_counting(self, what: str, total: int) -> Callable[[int], None]:
        """Start a count; return a function that receives how many more are done.

        Args:
            what: What is counted.
            total: The number to reach.
        """
        self._progress.reset(self._task, total=total, description=what)

        def advance(count: int) -> None:
            self._progress.advance(self._task, count)
            self._log()

        return advance

    def _log(self) -> None:
        """Print a line on standard error if there is no bar and the last line is old enough."""
        now = time.monotonic()
        if not self._progress.disable or now - self._last_logged < LOG_INTERVAL:
            return
        self._last_logged, task = now, self._progress.tasks[0]
        done = "" if task.total is None else f" {task.completed:.0f} of {task.total:.0f}"
        click.echo(f"{now - self._started:.0f} s: {task.description}{done}; {task.fields['stage']}", err=True)


@contextmanager
def progress_display(console: Console) -> Iterator[ProgressDisplay]:
    """Yield the progress display of a sweep."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[stage]}"))
    with Progress(*columns, *times, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield ProgressDisplay(
            progress, progress.add_task("getting ready", total=None, stage="reading the configuration")
        )

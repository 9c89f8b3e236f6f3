"""Options that take several values after one name, as Freqtrade's do: `--strategy-list A B`."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import click


def spread_out(words: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """Yield a command line in which each value of these options has the option's name before it.

    Args:
        words: The command line.
        options: Names of the options that take several values.
    """
    current = ""
    is_first = False
    for word in words:
        if word.startswith("-") and word != "-":
            current, is_first = (word, True) if word in options else ("", False)
            yield word
            continue
        if current and not is_first:
            yield current
        yield word
        is_first = False


class VariadicCommand(click.Command):
    """A command without arguments, some of whose options take several values after one name."""

    def __init__(self, *args: Any, several: Collection[str] = (), **kwargs: Any) -> None:
        """Take the names of those options."""
        super().__init__(*args, **kwargs)
        self._several = several

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line."""
        return super().parse_args(ctx, list(spread_out(args, self._several)))

"""Stretches of time for a walk-forward test: settings are chosen on one, and judged on the next.

Pardo, "The Evaluation and Optimization of Trading Strategies" (2nd edition, Wiley 2008), chapter 11.
"""

from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings


class Window(NamedTuple):
    """A stretch of time: candles that open from `start` on and before `stop`, in milliseconds since the epoch."""

    start: int
    stop: int


class Fold(NamedTuple):
    """One step of a walk-forward test; the test follows the train without a gap."""

    train: Window
    test: Window


def folds(whole: Window, count: int, train: int, candle: int, *, anchored: bool) -> list[Fold]:
    """Return the steps of a walk-forward test, whose tests lie side by side up to the end.

    Args:
        whole: what there is.
        count: tests.
        train: length of the first train, in lengths of a test.
        candle: length of a candle, in milliseconds: everything starts with one.
        anchored: each train starts where the first does; else each is as long as the first.

    Raises:
        InvalidSettings: a test would be shorter than two candles.
    """
    length = (whole.stop - whole.start) // (count + train) // candle * candle
    if length < 2 * candle:
        raise InvalidSettings(
            f"--walk-forward {count} with --train-windows {train} needs more candles: give fewer, or a longer "
            "--timerange"
        )
    begins = [whole.stop - length * (count - index) for index in range(count)]
    return [
        Fold(Window(whole.start if anchored else begin - train * length, begin), Window(begin, begin + length))
        for begin in begins
    ]

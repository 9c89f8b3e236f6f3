"""Time windows of a walk-forward test: settings are chosen on one and tested on the next.

Pardo, "The Evaluation and Optimization of Trading Strategies" (2nd edition, Wiley 2008), chapter 11.
"""

from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings


class Window(NamedTuple):
    """Candles that open from `start` up to, but not at, `stop`; both in milliseconds since the epoch."""

    start: int
    stop: int


class Fold(NamedTuple):
    """One step of a walk-forward test; the test window follows the training window without a gap."""

    train: Window
    test: Window


def make_folds(whole: Window, count: int, train: int, candle_ms: int, *, anchored: bool) -> list[Fold]:
    """Return the folds of a walk-forward test; the test windows are adjacent and end with the last candle.

    Args:
        whole: All candles.
        count: Number of test windows.
        train: Length of the first training window, in lengths of a test window.
        candle_ms: Length of a candle, in milliseconds; every window starts with a candle.
        anchored: True if all training windows start at the first candle; otherwise they all have the same length.

    Raises:
        InvalidSettings: A test window would be shorter than two candles.
    """
    length = (whole.stop - whole.start) // (count + train) // candle_ms * candle_ms
    if length < 2 * candle_ms:
        raise InvalidSettings(
            f"--walk-forward {count} with --train-windows {train} needs more candles: give fewer, or a longer "
            "--timerange"
        )
    starts = [whole.stop - length * (count - index) for index in range(count)]
    return [
        Fold(Window(whole.start if anchored else start - train * length, start), Window(start, start + length))
        for start in starts
    ]

"""Finds out what of the strategy's own moves its stop beside robustop: its `custom_stoploss` and its native trail.

The tightest stop wins. While something of the strategy's own moves the stop, Freqtrade asks it exactly as it would
without robustop, and robustop's level is applied afterwards.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.forwarding import forward
from robustop_plugin.bridge.callbacks.trade_copies import only_ours

STRATEGY, NATIVE, HOST = "strategy", "native", "host"
"""Who moved Freqtrade's stop, if no engine did: `custom_stoploss`, the trailing options, or Freqtrade at a fill."""
NAME = "custom_stoploss"


class OwnStops:
    """The stops of a strategy's own.

    Attributes:
        is_asked: True if Freqtrade asks a `custom_stoploss` of the strategy's own, as its flags say.
        is_in_front: True if that callback hides the mixin's.
        after_fills: True if it is asked after a fill as well: only if its signature names `after_fill`.
    """

    def __init__(self, strategy: IStrategy, mixin: type[IStrategy]) -> None:
        """Read the flags as the strategy and the configuration set them, before robustop sets its own."""
        self._strategy = strategy
        kind = type(strategy)
        mro = kind.__mro__
        behind = mro[mro.index(mixin) + 1 : mro.index(IStrategy)]
        exists = not only_ours(kind, mixin, NAME)
        self.is_in_front = getattr(kind, NAME) is not getattr(mixin, NAME)
        self._is_behind = any(NAME in vars(base) for base in behind)
        # Without a callback, Freqtrade's own trails by `stoploss` where a class behind the mixin has switched it on.
        switched_on_behind = bool(getattr(super(mixin, kind), "use_custom_stoploss", False))
        self.is_asked = bool(strategy.use_custom_stoploss) and (exists or switched_on_behind)
        theirs = getattr(kind if self.is_in_front else super(mixin, kind), NAME)
        self.after_fills = self.is_asked and exists and "after_fill" in inspect.getfullargspec(theirs).args

    @property
    def move_the_stop(self) -> bool:
        """True if something of the strategy's own moves the stop. Hyperopt may switch the native trail on and off."""
        return self.is_asked or bool(self._strategy.trailing_stop)

    def answer(
        self, theirs: Callable[..., Any], question: dict[str, Any], ours: Callable[[], float | None]
    ) -> float | None:
        """Return what a question for `custom_stoploss` that reaches the mixin is answered with, as Freqtrade's ratio.

        Args:
            theirs: The callback behind the mixin: the strategy's own, or Freqtrade's.
            question: The arguments with which Freqtrade asks.
            ours: Returns robustop's answer.
        """
        if self.is_in_front and not self._is_behind:
            # The strategy's own callback asks, with `super()`. A native trail would take a ratio for its own.
            return None if self._strategy.trailing_stop else ours()
        if not self.move_the_stop:
            return ours()
        answer: float | None = forward(theirs, question) if self.is_asked else None
        return answer

    def who_moved(self, ratio: float | None) -> str:
        """Return who set the ratio that Freqtrade holds, after a look in which it moved its stop."""
        strategy = self._strategy
        if not (self.is_asked and strategy.trailing_stop):
            return STRATEGY if self.is_asked else NATIVE
        native = {abs(strategy.stoploss), abs(strategy.trailing_stop_positive or 0.0)}
        return NATIVE if ratio is not None and abs(ratio) in native else STRATEGY


def ask_for_stops(strategy: IStrategy, mixin: type[IStrategy], own: OwnStops) -> None:
    """Switch `use_custom_stoploss` on for a bot; a callback that the strategy has switched off is still not asked.

    Without the switch, a bot neither updates stops after fills nor moves an order that rests on the exchange. In a
    backtest the switch changes fills in the entry candle, so it stays as the strategy sets it.
    """
    strategy.use_custom_stoploss = strategy.config["use_custom_stoploss"] = True
    if own.is_in_front and not own.is_asked:
        setattr(strategy, NAME, partial(getattr(mixin, NAME), strategy))

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
from robustop_plugin.bridge.callbacks.switches import set_switch
from robustop_plugin.bridge.callbacks.trade_copies import only_ours

STRATEGY, NATIVE, HOST = "strategy", "native", "host"
"""Who moved Freqtrade's stop, if no engine did: `custom_stoploss`, the trailing options, or Freqtrade at a fill."""
NAME = "custom_stoploss"
SWITCH = "use_custom_stoploss"


class OwnStops:
    """The stops of a strategy's own.

    Attributes:
        is_in_front: True if the strategy's own callback hides the mixin's.
        leaves_alone: Returns True for a trade whose stop is the strategy's own affair; None if there is none.
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
        # Without a callback, Freqtrade's own trails by `stoploss` where a class that does not derive from the mixin has
        # switched it on, on whichever side of the mixin it stands.
        theirs_says = (vars(base).get(SWITCH) for base in mro if SWITCH in vars(base) and not issubclass(base, mixin))
        self._can_be_asked = exists or bool(next(theirs_says, False))
        self._switched_on: bool | None = None
        self.leaves_alone: Callable[[Any], bool] | None = None
        in_front = next(base for base in mro if NAME in vars(base))
        self._knows_robustop = issubclass(in_front, mixin)
        theirs = getattr(kind if self.is_in_front else super(mixin, kind), NAME)
        self._names_after_fill = exists and "after_fill" in inspect.getfullargspec(theirs).args

    def keep_switch(self) -> None:
        """Remember `use_custom_stoploss` as it is now, before a bot's is switched on for robustop."""
        self._switched_on = bool(self._strategy.use_custom_stoploss)

    @property
    def is_asked(self) -> bool:
        """True if Freqtrade asks a `custom_stoploss` of the strategy's own. A backtest's strategy may switch it."""
        if not self._can_be_asked:
            return False
        return bool(self._strategy.use_custom_stoploss if self._switched_on is None else self._switched_on)

    @property
    def after_fills(self) -> bool:
        """True if Freqtrade updates the stop after a fill as well: only if the callback's signature names `after_fill`.

        A backtest does so even if the callback is switched off; the trailing options then act at fills.
        """
        return self._names_after_fill and (self.is_asked or self._switched_on is None)

    @property
    def move_the_stop(self) -> bool:
        """True if something of the strategy's own moves the stop. Hyperopt may switch the native trail on and off."""
        return (self._can_be_asked and self.is_asked) or bool(self._strategy.trailing_stop)

    def answer(
        self, theirs: Callable[..., Any], question: dict[str, Any], ours: Callable[[], float | None]
    ) -> float | None:
        """Return what a question for `custom_stoploss` that reaches the mixin is answered with, as Freqtrade's ratio.

        Args:
            theirs: The callback behind the mixin: the strategy's own, or Freqtrade's.
            question: The arguments with which Freqtrade asks.
            ours: Returns robustop's answer.
        """
        if self.leaves_alone is not None and self.leaves_alone(question["trade"]):
            on = self._strategy.use_custom_stoploss if self._switched_on is None else self._switched_on
            own: float | None = forward(theirs, question) if on else None
            return own
        if self.is_in_front and not self._is_behind and self._knows_robustop:
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


class NoOwnStops(OwnStops):
    """The stops of a strategy's own beside a stand-in of a trade: they move Freqtrade's trade alone."""

    @property
    def is_asked(self) -> bool:
        """False: a stand-in is no trade of Freqtrade's."""
        return False

    @property
    def after_fills(self) -> bool:
        """False, likewise."""
        return False

    @property
    def move_the_stop(self) -> bool:
        """False, likewise."""
        return False


def ask_for_stops(strategy: IStrategy, mixin: type[IStrategy], own: OwnStops) -> None:
    """Switch `use_custom_stoploss` on for a bot; a callback that the strategy has switched off is still not asked.

    Without the switch, a bot neither updates stops after fills nor moves an order that rests on the exchange. In a
    backtest the switch changes fills in the entry candle, so it stays as the strategy sets it.
    """
    own.keep_switch()
    strategy.config["use_custom_stoploss"] = True
    set_switch(strategy, "use_custom_stoploss", True)
    if own.is_in_front and not own.is_asked:
        setattr(strategy, NAME, partial(getattr(mixin, NAME), strategy))

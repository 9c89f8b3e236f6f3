"""Answers the callbacks that robustop and the strategy share: robustop's part, then the strategy's own.

A strategy may override them behind the mixin (`class Mine(RobustopMixin, Theirs)`), where the mixin calls them, or in
front of it, in the body of a class that derives from the mixin. An override in front hides the mixin's callback,
unless it calls `super()` on every path. So the callback on the instance is replaced by one that does both.
"""

import inspect
import logging
from collections.abc import Callable
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.forwarding import forward
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.entries.limits import EntryLimits
from robustop_plugin.core.side import LONG, SHORT

logger = logging.getLogger(__name__)

SHARED = ("order_filled", "confirm_trade_entry", "custom_stake_amount", "custom_roi", "check_entry_timeout")
"""Callbacks of which robustop must get every call."""

Question = dict[str, Any]
"""The arguments with which Freqtrade asks, by name."""
Theirs = Callable[..., Any]
"""The strategy's own callback, or Freqtrade's."""


class SharedCallbacks:
    """robustop's part of the shared callbacks.

    Attributes:
        manager: The manager of the trades.
        limits: The limits of entries.
        asks_custom_roi: True if the strategy has its own `custom_roi` switched on.
    """

    def __init__(self, manager: TradeManager, limits: EntryLimits, *, asks_custom_roi: bool) -> None:
        """Take what answers; no callback has an override in front yet."""
        self.manager = manager
        self.limits = limits
        self.asks_custom_roi = asks_custom_roi
        self._in_front: set[str] = set()

    def take_over(self, strategy: IStrategy, mixin: type[IStrategy]) -> None:
        """Replace each shared callback that an override in front hides, on the instance."""
        for name in SHARED:
            if getattr(type(strategy), name) is not getattr(mixin, name):
                self._in_front.add(name)
                names = tuple(inspect.signature(getattr(mixin, name)).parameters)[1:]
                theirs = getattr(strategy, name)
                if isinstance(theirs, CallbackInFront):
                    theirs = theirs.theirs
                setattr(strategy, name, CallbackInFront(getattr(self, f"_{name}"), theirs, names))

    def answer(self, name: str, theirs: Theirs, question: Question) -> Any:
        """Return the answer to a question that reaches the mixin, where the strategy's own callback comes next."""
        # An override in front has been called with robustop's part done, and now calls `super()`.
        if name in self._in_front:
            return forward(theirs, question)
        return getattr(self, f"_{name}")(theirs, question)

    def _order_filled(self, theirs: Theirs, question: Question) -> None:
        """Open a state at the first entry, close it at the last exit."""
        self.manager.filled(question["trade"], question["order"], question["current_time"])
        self.limits.note_fill(question["trade"])
        forward(theirs, question)

    def _confirm_trade_entry(self, theirs: Theirs, question: Question) -> bool:
        """Refuse an entry that the settings do not allow."""
        entry = proposed(question, question["rate"], question["amount"])
        allowed = self.manager.entries.allow(entry) and bool(forward(theirs, question))
        return allowed and self.limits.note_entry(entry)

    def _custom_stake_amount(self, theirs: Theirs, question: Question) -> float:
        """Size an entry by its risk if the settings say so."""
        entry = proposed(question, question["current_rate"], 0.0)
        ours = self.limits.stake(entry, question["leverage"], question["min_stake"], question["max_stake"])
        stake: float = forward(theirs, question) if ours is None else ours
        return stake

    def _custom_roi(self, theirs: Theirs, question: Question) -> float | None:
        """Return the profit of a bracket, or a lower one of the strategy's own."""
        ours = self.manager.take_profit_at(question["trade"], question["current_time"])
        if ours is None or not self.asks_custom_roi:
            return forward(theirs, question) if self.asks_custom_roi else ours
        try:
            own = forward(theirs, question)
            return ours if own is None else min(ours, float(own))
        except Exception:
            logger.exception("robustop: custom_roi failed on %s: the bracket's profit stays", question["pair"])
            return ours

    def _check_entry_timeout(self, theirs: Theirs, question: Question) -> bool:
        """Give up an entry that rests too long, or that is unprotected in part."""
        gives_up = self.limits.gives_up(question["trade"], question["order"], question["current_time"])
        return gives_up or bool(forward(theirs, question))


class CallbackInFront:
    """A strategy's callback that hides the mixin's, called after robustop's part."""

    def __init__(self, answer: Callable[[Theirs, Question], Any], theirs: Theirs, names: tuple[str, ...]) -> None:
        """Take robustop's part, the strategy's callback, and the names of the arguments in their order."""
        self.answer = answer
        self.theirs = theirs
        self.names = names

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the answer of both."""
        return self.answer(self.theirs, {**dict(zip(self.names, args, strict=False)), **kwargs})


def proposed(question: Question, rate: float, amount: float) -> ProposedEntry:
    """Return the entry that a callback is asked about."""
    side = SHORT if question["side"] == "short" else LONG
    return ProposedEntry(question["pair"], side, rate, amount, question["current_time"])

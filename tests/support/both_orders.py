"""A strategy's own callbacks in both places where users write them: behind the mixin, and in the body of its class."""

from types import SimpleNamespace
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import TWO_PERCENT, Signals

NEVER: dict[str, Any] = {
    "partials": [],
    "initial_stop": {"kind": "percent", "percent": 99.0, "max_percent": 99.0},
    "engines": [{"name": "r_ladder", "rungs": [[1000.0, 1000.0]]}],
}
"""Settings whose stops can never act: the first stop is clamped to the strategy's own, and no rung is ever reached."""
ACTS: dict[str, Any] = {"partials": [], "initial_stop": TWO_PERCENT, "engines": [{"name": "hand_span"}]}
"""Settings whose stop acts: two percent away, then one span of two percent behind."""
ORDERS = ("behind", "in the body")
"""The places of a strategy's own callbacks."""
NO_STOPS: Any = SimpleNamespace(move_the_stop=False)
"""In the place of `OwnStops`: nothing of the strategy's own moves its stop."""


def alone(body: dict[str, Any]) -> type[IStrategy]:
    """Return a strategy with these callbacks and options, without robustop."""
    return type("Theirs", (Signals,), dict(body))


def protected(body: dict[str, Any], order: str, robustop: dict[str, Any]) -> type[IStrategy]:
    """Return the same strategy with robustop."""
    if order == "behind":
        return type("Mine", (RobustopMixin, alone(body)), {"robustop": robustop})
    return type("Mine", (RobustopMixin, Signals), {**body, "robustop": robustop})

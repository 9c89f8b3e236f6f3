"""The plain trend follower's entries, protected by robustop's hand-span stop."""

from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class HandSpanTrend(RobustopMixin, PlainTrend):
    """To add a stop to a strategy, put the mixin first and add one block."""

    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "atr", "multiplier": 6.0},
        "breakeven": {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05},
    }

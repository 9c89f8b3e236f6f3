"""The plain trend follower's entries under two engines at once, with partial exits."""

from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class AtrGuardLadder(RobustopMixin, PlainTrend):
    """ATR guard and R ladder, whichever is tighter; `hyperopt` makes their parameters tunable."""

    position_adjustment_enable = True
    robustop = {  # noqa: RUF012 (read only)
        "engines": [
            {"name": "atr_guard", "breakeven_atr": 4.0, "trail_atr": 6.0, "fees": True},
            {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [2.0, 1.5], [4.0, 1.0]], "fees": True},
        ],
        "initial_stop": {"kind": "atr", "multiplier": 5.0},
        "breakeven": {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05},
        "partials": [[2.0, 0.5], [4.0, 0.25]],
        "hyperopt": True,
    }

"""The sample's entries under a trailing stop from the entry on, which vectorbt calls `sl_trail`."""

from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class PercentTrail(RobustopMixin, PlainTrend):
    """A trailing stop with the same percentage behind the entry and behind the best price."""

    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 2.0}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "breakeven": {"mode": "percent"},
        "hyperopt": True,
    }

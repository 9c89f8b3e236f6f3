"""The sample's entries under robustop's percent trail, configured like Freqtrade's own trailing stop."""

from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin

FEE = 0.001
OFFSET = 0.04
ROUNDED = 5e-9
"""Freqtrade rounds the profit, after fees, to eight digits before it compares it; it must exceed the offset."""

ACTIVATION = round(100 * ((1 + OFFSET + ROUNDED) * (1 + FEE) / (1 - FEE) - 1), 10)


class SmartTrailAsNative(RobustopMixin, PlainTrend):
    """The same stops as `NativeTrailing`, decided by robustop."""

    stoploss = -0.05
    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "smart_trail", "activation_percent": ACTIVATION, "distance_percent": 2.03}],
        "initial_stop": {"kind": "percent", "percent": 5.0},
        "breakeven": {"mode": "percent"},
    }


class EverythingOn(SmartTrailAsNative):
    """Two engines and partial exits."""

    position_adjustment_enable = True
    robustop = {  # noqa: RUF012 (read only)
        **SmartTrailAsNative.robustop,
        "engines": [*SmartTrailAsNative.robustop["engines"], {"name": "hand_span"}],
        "partials": [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]],
    }

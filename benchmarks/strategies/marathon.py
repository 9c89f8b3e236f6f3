"""Holds a position in every pair as often as it can, with everything on that writes to the database."""

# ruff: noqa: RUF012 (Freqtrade reads class attributes)

from stop_on_exchange import StopOnExchange

from robustop_plugin import RobustopMixin


class Marathon(RobustopMixin, StopOnExchange):
    """Its stops move often, its parts are sold early, and a new position follows each that was closed."""

    timeframe = "1m"
    robustop = {
        "engines": [
            {"name": "smart_trail", "activation_percent": 0.15, "distance_percent": 0.2},
            {"name": "hand_span"},
        ],
        "initial_stop": {"kind": "percent", "percent": 0.3},
        "partials": [[1.0, 0.5]],
        "gate": {"min_interval_s": 5},
    }

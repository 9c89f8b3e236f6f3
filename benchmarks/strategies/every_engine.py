"""The sample's entries under the four engines that move a stop, all at once: in each mode that could cost time."""

from typing import Any

from atr_guard_ladder import AtrGuardLadder
from plain_trend import PlainTrend
from two_way_trend import TwoWayTrend

from robustop_plugin import RobustopMixin

PERCENT = {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05}
EXACT = {"mode": "exact", "slippage_percent": 0.05}
BLOCK: dict[str, Any] = {
    "engines": [
        {"name": "hand_span"},
        {"name": "smart_trail", "breakeven_percent": 0.8, "activation_percent": 2.0, "distance_percent": 1.0},
        {"name": "atr_guard", "breakeven_atr": 3.0, "trail_atr": 6.0, "fees": True},
        {"name": "r_ladder", "rungs": [[0.7, "breakeven"], [2.0, 1.5], [4.0, 1.0]], "fees": True},
    ],
    "initial_stop": {"kind": "atr", "multiplier": 6.0},
    "breakeven": PERCENT,
}


class EveryEngine(RobustopMixin, PlainTrend):
    """Costs are percents of the settings, and stops move inside candles."""

    robustop = BLOCK


class EveryEngineExact(EveryEngine):
    """Costs are those of the trade."""

    robustop = {**BLOCK, "breakeven": EXACT}  # noqa: RUF012 (read only)


class EveryEngineAtCloses(EveryEngine):
    """Stops move when a candle closes."""

    robustop = {**BLOCK, "anchor": "candle"}  # noqa: RUF012 (read only)


class EveryEngineHourly(EveryEngine):
    """On hourly candles, of which the sample needs fewer to start."""

    timeframe = "1h"
    startup_candle_count = 250


class EveryEngineHourlyAtCloses(EveryEngineHourly):
    """The same, with stops that move when a candle closes."""

    robustop = {**BLOCK, "anchor": "candle"}  # noqa: RUF012 (read only)


class EveryEngineOnPerpetuals(TwoWayTrend):
    """Long and short with leverage; costs are percents of the settings."""

    robustop = BLOCK


class EveryEngineOnPerpetualsExact(TwoWayTrend):
    """The same, with the fees and the funding of the trade."""

    robustop = {**BLOCK, "breakeven": EXACT}  # noqa: RUF012 (read only)


class EveryEngineOnHourlyPerpetuals(EveryEngineOnPerpetuals):
    """On hourly candles, where every eighth brings a funding payment; costs are percents of the settings."""

    timeframe = "1h"
    startup_candle_count = 250


class EveryEngineOnHourlyPerpetualsExact(EveryEngineOnPerpetualsExact):
    """The same, with the fees and the funding of the trade."""

    timeframe = "1h"
    startup_candle_count = 250


class GuardAndLadderExact(AtrGuardLadder):
    """Two engines, parts that are sold, and the costs of the trade."""

    robustop = {**AtrGuardLadder.robustop, "breakeven": EXACT, "hyperopt": False}  # noqa: RUF012 (read only)

"""Synthetic trades: a score landscape over two settings, for testing a sweep without a backtest."""

from dataclasses import dataclass, field

import numpy as np

from robustop_plugin.core.side import LONG
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.search.workers import Task
from robustop_plugin.lab.sweep.space import Space, parse_dimensions
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.settings import RobustopBlock, load_settings
from robustop_plugin.settings.tuning import tunable_parameters

HOUR = 3_600_000
DAYS = 20
WINDOW = Window(0, DAYS * 24 * HOUR)
BALANCE = 1000.0
STOP, TRAIL = "robustop_initial_stop_multiplier", "robustop_smart_trail_distance_percent"
SETTINGS = load_settings({"engines": [{"name": "smart_trail"}], "partials": [], "hyperopt": True})
BOTH = ("initial_stop_multiplier=1:5:1", "smart_trail_distance_percent=0.5,1,2,4")


def made_up(profits: list[float], hours: list[int] | None = None, *, stop: float = 90.0, side: int = LONG) -> Trades:
    """Return trades of one hour with these profits, at a price of 100 and a stake of 100."""
    count = len(profits)
    opened = np.array(hours if hours is not None else range(count), dtype=np.int64) * HOUR
    whole = np.full(count, 100.0)
    return Trades(
        pair=np.full(count, "A/USDT", dtype=object),
        open_time=opened,
        close_time=opened + HOUR,
        open_rate=whole,
        close_rate=whole + side * np.array(profits),
        amount=np.ones(count),
        stake=whole,
        profit_abs=np.array(profits, dtype=np.float64),
        profit_ratio=np.array(profits) / 100,
        initial_stop=np.full(count, stop),
        short=np.full(count, side != LONG),
        exit_reason=np.full(count, "trailing_stop_loss", dtype=object),
    )


def height(block: RobustopBlock) -> float:
    """Return the height of the landscape: one hill, with its top at a stop of 3 and a trail of 2."""
    values = {knob.name: knob.value for knob in tunable_parameters(block)}
    return 10 - (values[STOP] - 3) ** 2 - (values[TRAIL] - 2) ** 2


@dataclass
class Hill(Evaluator):
    """An evaluator whose profits are the height of the landscape, and which can be interrupted.

    Attributes:
        left: evaluations until a keyboard interrupt; negative for never.
        asked: settings evaluated so far.
    """

    left: int = -1
    asked: list[RobustopBlock] = field(default_factory=list)

    def trades(self, block: RobustopBlock) -> Trades:
        """Return twelve trades, one a day."""
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked.append(block)
        top = height(block)
        return made_up([top + wave for wave in (1.5, -2.0, 0.5) * 4], [24 * day for day in range(12)])


def space(*texts: str) -> Space:
    """Return the sweep's search space."""
    return Space(SETTINGS, parse_dimensions(texts or BOTH, list(tunable_parameters(SETTINGS.default))), {})


def task(*texts: str, name: str = "profit", least_trades: int = 1) -> Task:
    """Return the sweep's task."""
    return Task(space(*texts), Objective(name, BALANCE, HOUR, least_trades), WINDOW)

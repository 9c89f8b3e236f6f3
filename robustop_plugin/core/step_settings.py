"""The settings as a step uses them: engines, gate, time stop and partial exits."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.engine import Engine, View
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.gate import Gate


class StepSettings(NamedTuple):
    """The settings of one pair as a step uses them.

    Attributes:
        engines: in the order of the settings.
        gate: used only if the stop rests on an exchange.
        time_stop_hours: age at which the position is closed, in hours; infinite if off.
        sale: returns what to sell now, from the profit and the risk (both in ticks), the progress so far, and whether
            the price is at the virtual level; None if nothing is ever sold in parts.
    """

    engines: tuple[Engine, ...]
    gate: Gate = Gate()
    time_stop_hours: float = math.inf
    sale: Callable[[Exact, Exact, Progress, bool], Sale | None] | None = None

    @property
    def takes_profit(self) -> bool:
        """True if an engine has a take profit."""
        for engine in self.engines:  # noqa: SIM110 (asked at every tick, and a generator takes longer)
            if engine.target is not None:
                return True
        return False

    def targets(self, view: View) -> Iterator[Exact]:
        """Yield the profits at which the position is closed, in ticks."""
        return (engine.target(view) for engine in self.engines if engine.target is not None)

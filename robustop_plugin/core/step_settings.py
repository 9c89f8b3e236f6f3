"""What the settings ask of a step: the engines and all that stands beside them."""

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
        gate: consulted only where the stop rests on an exchange.
        time_stop_hours: age at which a position is left; infinite switches it off.
        sale: what is to be sold, from the profit of the price and the risk (both in ticks), what was sold so far,
            and whether the price is at the virtual level; None where nothing is ever sold in parts.
    """

    engines: tuple[Engine, ...]
    gate: Gate = Gate()
    time_stop_hours: float = math.inf
    sale: Callable[[Exact, Exact, Progress, bool], Sale | None] | None = None

    @property
    def takes_profit(self) -> bool:
        """Whether an engine has a target."""
        return any(engine.target is not None for engine in self.engines)

    def targets(self, view: View) -> Iterator[Exact]:
        """Yield the profits at which the position is left, in ticks."""
        return (engine.target(view) for engine in self.engines if engine.target is not None)

"""What to make of a sweep's choice: the verdict of the tests, and values at the edge of their range."""

from collections.abc import Iterator, Mapping

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.judging.reality_check import RealityChecks
from robustop_plugin.lab.sweep.space import DEFAULT_POINTS, Dimension, Space
from robustop_plugin.settings.tuning import PREFIX

LIKELY, UNLIKELY = 0.95, 0.05


def is_trusted(deflated_sharpe: float | None, reality_checks: RealityChecks | None) -> bool:
    """Return True if both tests exclude luck."""
    return (
        deflated_sharpe is not None
        and reality_checks is not None
        and deflated_sharpe >= LIKELY
        and reality_checks.of_profit <= UNLIKELY
    )


def verdict(deflated_sharpe: float | None, reality_checks: RealityChecks | None) -> str:
    """Return the conclusion from both tests; either can reject."""
    if reality_checks is None or not is_trusted(deflated_sharpe, reality_checks):
        return "could be luck: do not trust it yet"
    if reality_checks.of_improvement > UNLIKELY:
        return "it earns more than by luck, but may be no better than your settings"
    return "it earns more than by luck, and more than your settings"


def edge_hints(space: Space, values: Mapping[str, float]) -> Iterator[str]:
    """Yield one sentence for each chosen value at the end of its range, beyond which there may be better ones.

    Args:
        space: The swept parameters.
        values: The chosen values by parameter name.
    """
    for dimension in space.dimensions:
        value, (first, last) = values[dimension.name], (dimension.values[0], dimension.values[-1])
        if first == last or value not in (first, last):
            continue
        name = dimension.name.removeprefix(f"{PREFIX}_")
        place = "largest" if value == last else "smallest"
        text = f"{name}={value:g} is the {place} of {first:g} to {last:g}: better values may lie beyond"
        wider = _beyond(space, dimension, value)
        yield text if wider is None else f"{text}; try --set {name}={wider}"


def _beyond(space: Space, dimension: Dimension, value: float) -> str | None:
    """Return a range beyond a value, as text for `--set`; None if the settings do not allow one."""
    first, last = dimension.values[0], dimension.values[-1]
    low, high = (value, value + last - first) if value == last else (value / 2, value)
    step = (high - low) / (DEFAULT_POINTS - 1)
    try:
        for end in (low, high):
            space.block({dimension.name: end})
    except InvalidSettings:
        return None
    return f"{low:g}:{high:g}:{step:g}" if step > 0 else None

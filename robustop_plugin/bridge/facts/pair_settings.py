"""The settings of each pair as a step uses them, built once."""

from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.settings import RobustopBlock, Settings


class PairSettings:
    """Builds the settings of a pair, and builds them again only after hyperopt has changed them."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of all pairs."""
        self._settings = settings
        self._built: dict[str, tuple[RobustopBlock, StepSettings]] = {}

    def step_settings(self, pair: str) -> StepSettings:
        """Return the settings of a pair as a step uses them."""
        block, built = self._settings.for_pair(pair), self._built.get(pair)
        if built is None or built[0] is not block:
            built = self._built[pair] = block, block.step_settings(pair)
        return built[1]

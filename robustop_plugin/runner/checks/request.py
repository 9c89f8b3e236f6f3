"""What a check is asked: configuration, folders, strategies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Request(NamedTuple):
    """The configuration and the folders of a check, as a user gives them to Freqtrade.

    Attributes:
        configs: Configuration files, later ones override earlier ones; none for Freqtrade's minimal configuration.
        userdir: Freqtrade's user data folder; None for `user_data`, or for none at all if it does not exist.
        strategy_path: Folder with the strategy file; None for the user data folder's `strategies`.
        recursive: True to search the folders below the user data folder's `strategies` too.
        any_trading_mode: True to check a strategy that shorts with futures, whatever the configuration says.
    """

    configs: Sequence[Path] = ()
    userdir: Path | None = None
    strategy_path: Path | None = None
    recursive: bool = False
    any_trading_mode: bool = False

    def arguments(self, userdir: Path, strategy: str | None) -> dict[str, Any]:
        """Return the request as Freqtrade's parsed command line.

        Args:
            userdir: The user data folder.
            strategy: Name of the strategy class; None to take that of the configuration.
        """
        found: dict[str, Any] = {
            "config": [str(config) for config in self.configs],
            "user_data_dir": str(userdir),
            # Freqtrade creates a missing folder of candles; a check writes nothing.
            "datadir": str(userdir),
            "recursive_strategy_search": self.recursive,
        }
        if self.strategy_path is not None:
            found["strategy_path"] = str(self.strategy_path)
        return found | ({} if strategy is None else {"strategy": strategy})

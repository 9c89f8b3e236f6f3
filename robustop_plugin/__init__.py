"""Stops and exits for Freqtrade strategies."""

from typing import TYPE_CHECKING, Any

from robustop_plugin.version import __version__

if TYPE_CHECKING:
    from robustop_plugin.bridge.mixin import RobustopMixin

__all__ = ["RobustopMixin", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the mixin when it is first asked for: the command line works without loading Freqtrade."""
    if name == "RobustopMixin":
        from robustop_plugin.bridge.mixin import RobustopMixin

        return RobustopMixin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

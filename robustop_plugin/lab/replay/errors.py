"""The error of a replay that meets something it does not model. It never approximates silently."""

from robustop_plugin.core.errors import RobustopError


class NotModelled(RobustopError):
    """The replay does not model something; the message names it and says what to do instead."""

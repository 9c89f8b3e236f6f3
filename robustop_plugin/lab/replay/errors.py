"""What the replay refuses: it never approximates in silence."""

from robustop_plugin.core.errors import RobustopError


class NotModelled(RobustopError):
    """Something that the replay does not model; the sentence names it, and says what to do instead."""

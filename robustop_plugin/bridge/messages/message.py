"""A message that is sent once, even if the bot is restarted and finds the same again."""

from typing import Self


class Message(str):
    """The text of a message, and what it is about.

    Attributes:
        key: Names the event: the same for the same event after a restart, another for every other.
    """

    __slots__ = ("key",)
    key: str

    def __new__(cls, text: str, key: str) -> Self:
        """Take the text, and what names the event."""
        message = super().__new__(cls, text)
        message.key = key
        return message

"""What robustop refuses: each error names the parameter, the value and the bound."""


class RobustopError(ValueError):
    """Base of all errors that robustop raises on bad input."""


class InvalidFact(RobustopError):
    """A fact that no market can have.

    Attributes:
        parameter: name of the fact.
        value: what it was.
        bound: what it must be.
    """

    def __init__(self, parameter: str, value: object, bound: str) -> None:
        """Keep the parts; the sentence is made from them."""
        super().__init__(parameter, value, bound)
        self.parameter = parameter
        self.value = value
        self.bound = bound

    def __str__(self) -> str:
        """Return the sentence: parameter, value, bound."""
        return f"{self.parameter} was {self.value!r}: it must be {self.bound}"


class InvalidPosition(InvalidFact):
    """A position that cannot be: a stop on the wrong side, a price that is none."""


class InvalidTick(InvalidFact):
    """A tick that is none: without a time, or with a price that is not finite and positive."""


class InvalidSettings(RobustopError):
    """A robustop block that is refused; the sentence names key, value and bound."""


class UnknownSchema(RobustopError):
    """State written by a newer robustop than this one: it is not touched."""

"""Errors about invalid input. Each names the parameter, its value and the bound."""


class RobustopError(ValueError):
    """Base of all errors that robustop raises on bad input."""


class InvalidFact(RobustopError):
    """An invalid fact.

    Attributes:
        parameter: the name of the fact.
        value: the value it had.
        bound: what the value must be.
    """

    def __init__(self, parameter: str, value: object, bound: str) -> None:
        """Keep the parts that the sentence is made of."""
        super().__init__(parameter, value, bound)
        self.parameter = parameter
        self.value = value
        self.bound = bound

    def __str__(self) -> str:
        """Return the sentence: parameter, value, bound."""
        return f"{self.parameter} was {self.value!r}: it must be {self.bound}"


class InvalidPosition(InvalidFact):
    """An invalid position: a stop on the wrong side, or a price that is not finite and positive."""


class InvalidTick(InvalidFact):
    """An invalid tick: non-finite time, a price that is not finite and positive, or an exit nobody can request."""


class InvalidSettings(RobustopError):
    """An invalid robustop block; the sentence names key, value and bound."""


class UnknownSchema(RobustopError):
    """State written by a newer release of robustop; it is left untouched."""

"""How Binance says no: a status, a code, a message."""


class Refusal(Exception):
    """An answer that is an error of Binance's.

    Attributes:
        code: Binance's number.
        message: Binance's words.
        status: of HTTP.
    """

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        """Take what is to be answered."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def answer(self) -> dict[str, object]:
        """The body."""
        return {"code": self.code, "msg": self.message}


def unknown_symbol() -> Refusal:
    """Return what a symbol gets that is not listed."""
    return Refusal(-1121, "Invalid symbol.")


def unknown_interval() -> Refusal:
    """Return what an interval gets that there are no candles of."""
    return Refusal(-1120, "Invalid interval.")


def missing(name: str) -> Refusal:
    """Return what a request without a mandatory parameter gets."""
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def malformed(name: str) -> Refusal:
    """Return what a parameter gets that is no number."""
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")


def out_of_range(name: str) -> Refusal:
    """Return what a futures parameter gets that is beyond its bound."""
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def malformed_decimal(name: str) -> Refusal:
    """Return the answer to a price or quantity that is not a decimal."""
    legal = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def no_order() -> Refusal:
    """Return the answer to a query for an order that does not exist."""
    return Refusal(-2013, "Order does not exist.")


def nothing_to_cancel() -> Refusal:
    """Return the answer to a cancel of an order that does not exist or is not open."""
    return Refusal(-2011, "Unknown order sent.")

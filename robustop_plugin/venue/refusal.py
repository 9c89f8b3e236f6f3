"""Error answers of the loopback Binance: HTTP status, code and message."""

from robustop_plugin.venue.market import Market


class Refusal(Exception):
    """A request that is answered with one of Binance's errors.

    Attributes:
        code: Binance's error code.
        message: Binance's error message.
        status: HTTP status.
    """

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        """Store the error to answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def answer(self) -> dict[str, object]:
        """The JSON body of the answer."""
        return {"code": self.code, "msg": self.message}


def unknown_symbol() -> Refusal:
    """Return the error for a symbol that is not listed."""
    return Refusal(-1121, "Invalid symbol.")


def unknown_interval() -> Refusal:
    """Return the error for an interval without candles."""
    return Refusal(-1120, "Invalid interval.")


def missing(name: str) -> Refusal:
    """Return the error for a missing mandatory parameter."""
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def malformed(name: str) -> Refusal:
    """Return the error for a parameter that is not an integer."""
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")


def out_of_range(name: str) -> Refusal:
    """Return the futures error for a parameter out of range."""
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def malformed_decimal(name: str) -> Refusal:
    """Return the error for a price or quantity that is not a decimal."""
    legal = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def no_order() -> Refusal:
    """Return the error for a query of an order that does not exist."""
    return Refusal(-2013, "Order does not exist.")


def nothing_to_cancel() -> Refusal:
    """Return the error for canceling an order that does not exist or is not open."""
    return Refusal(-2011, "Unknown order sent.")


def closed_market(market: Market) -> Refusal:
    """Return the error for an order in a market that does not trade."""
    return Refusal(-4141, "Symbol is closed.") if market.settle else Refusal(-1013, "Market is closed.")

"""Private requests need a valid key, signature and timestamp."""

import time
from urllib.parse import urlencode

import pytest

from robustop_plugin.venue.server import Venue
from tests.support.trader import Trader, sign

ACCOUNT = "/api/v3/account"


@pytest.fixture
def trader(trading: tuple[Venue, str]) -> Trader:
    """Return a client that signs requests by hand."""
    return Trader(trading[1])


def milliseconds(later: int = 0) -> int:
    """Return the time `later` milliseconds from now, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000 + later


def test_a_signed_request_is_answered(trader: Trader) -> None:
    """A request with key, signature and timestamp is answered, on spot and futures."""
    assert trader("GET", ACCOUNT)[0] == 200
    assert trader("GET", "/fapi/v3/account", recvWindow=10000)[0] == 200


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_refused(trader: Trader, key: str | None) -> None:
    """A request without a key is refused with -2014 and status 401."""
    query = f"timestamp={milliseconds()}"
    status, answer = trader.send("GET", ACCOUNT, f"{query}&signature={sign(query)}", key=key)
    assert (status, answer) == (401, {"code": -2014, "msg": "API-key format invalid."})


def test_a_wrong_key_is_refused(trader: Trader) -> None:
    """A request with another key is refused with -2015 and status 401."""
    query = f"timestamp={milliseconds()}"
    status, answer = trader.send("GET", ACCOUNT, f"{query}&signature={sign(query)}", key="another")
    assert (status, answer["code"]) == (401, -2015)
    assert answer["msg"] == "Invalid API-key, IP, or permissions for action."


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_changed_request_is_refused(trader: Trader, method: str) -> None:
    """A signature of other parameters is refused with -1022, whether parameters are in the query or the body."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "timestamp": milliseconds()}
    signature = sign(urlencode({**order, "quantity": "0.001"}))
    sent = urlencode({**order, "quantity": "0.002"})
    status, answer = trader.send(method, "/api/v3/order", f"{sent}&signature={signature}")
    assert (status, answer) == (400, {"code": -1022, "msg": "Signature for this request is not valid."})
    assert float(trader("GET", ACCOUNT)[1]["balances"][-1]["locked"]) == 0


@pytest.mark.parametrize("parameter", ["timestamp", "signature"])
def test_a_missing_parameter_is_named(trader: Trader, parameter: str) -> None:
    """A request without a timestamp or signature is refused with -1102 and the parameter's name."""
    query = f"timestamp={milliseconds()}" if parameter == "signature" else f"signature={sign('')}"
    status, answer = trader.send("GET", ACCOUNT, query)
    assert (status, answer["code"]) == (400, -1102)
    assert f"'{parameter}'" in answer["msg"]


@pytest.mark.parametrize(
    ("later", "window", "words"),
    [
        (5000, None, "Timestamp for this request was 1000ms ahead of the server's time."),
        (-8000, None, "Timestamp for this request is outside of the recvWindow."),
        (-20000, 10000, "Timestamp for this request is outside of the recvWindow."),
    ],
)
def test_a_clock_that_is_off_is_refused(trader: Trader, later: int, window: int | None, words: str) -> None:
    """A timestamp ahead of the exchange's clock or older than the window is refused with -1021."""
    params = {"timestamp": milliseconds(later)} | ({} if window is None else {"recvWindow": window})
    status, answer = trader("GET", ACCOUNT, **params)
    assert (status, answer) == (400, {"code": -1021, "msg": words})


def test_a_longer_window_allows_an_older_request(trader: Trader) -> None:
    """A window of 10 s accepts a request 8 s old, and a window over 60 s is refused with -1131."""
    assert trader("GET", ACCOUNT, timestamp=milliseconds(-8000), recvWindow=10000)[0] == 200
    assert trader("GET", ACCOUNT, recvWindow=60001)[1]["code"] == -1131

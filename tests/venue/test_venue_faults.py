"""Faults hit a named call, before it acts or after it was accepted; the real ccxt and plain sockets see them."""

import gc
import http.client
import threading
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import SPOT

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

PLACE, QUERY = "POST /api/v3/order", "GET /api/v3/openOrders"


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def trader(url: str) -> Trader:
    """Return a client that signs requests by hand."""
    return Trader(url)


def rest(trader: Trader, price: int = 50000, **params: object) -> tuple[int, Any]:
    """Place a limit buy of 0.01 that rests."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    return trader("POST", "/api/v3/order", **order, price=f"{price}", **params)


def resting(url: str) -> int:
    """Return the number of open orders at the venue."""
    return len(ask(url, "/_control/state")[1]["orders"])


def pending(url: str) -> list[Any]:
    """Return the pending faults."""
    faults: list[Any] = ask(url, "/_control/state")[1]["faults"]
    return faults


def test_a_fault_before_the_call_prevents_it(trader: Trader, url: str) -> None:
    """With a code, the call is answered with it and does not act; the state lists the fault until it is used up."""
    fault = {"call": PLACE, "fault": "code", "code": -2010, "msg": "Account has insufficient balance.", "count": 2}
    assert control(url, "fault", **fault) == {
        "call": PLACE,
        "fault": "code",
        "count": 2,
        "skip": 0,
        "when": "before",
    }
    assert len(pending(url)) == 1
    assert rest(trader) == (400, {"code": -2010, "msg": "Account has insufficient balance."})
    assert pending(url)[0]["count"] == 1
    assert rest(trader)[0] == 400
    assert (pending(url), resting(url)) == ([], 0)
    assert rest(trader)[0] == 200


@pytest.mark.parametrize("fault", [{"fault": "reset"}, {"fault": "status", "status": 502}])
def test_a_fault_after_the_call_hides_that_it_acted(trader: Trader, url: str, fault: dict[str, Any]) -> None:
    """The order is accepted, but the client sees a reset or an error; a refused call does not use up the fault."""
    control(url, "fault", call=PLACE, when="after", **fault)
    assert rest(trader, price=0)[1]["code"] == -1013
    assert len(pending(url)) == 1
    if fault["fault"] == "reset":
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            rest(trader)
    else:
        with pytest.raises(ValueError, match="Expecting value"):  # the answer is HTML
            rest(trader)
    assert (resting(url), pending(url)) == (1, [])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"fault": "status", "status": 429}, ccxt.DDoSProtection),
        ({"fault": "status", "status": 418}, ccxt.DDoSProtection),
        ({"fault": "status", "status": 500}, ccxt.OperationFailed),
        ({"fault": "status", "status": 503}, ccxt.ExchangeNotAvailable),
        ({"fault": "reset"}, ccxt.NetworkError),
        ({"fault": "silence", "seconds": 5}, ccxt.RequestTimeout),
        ({"fault": "code", "code": -1003, "msg": "Too many requests."}, ccxt.RateLimitExceeded),
        ({"fault": "code", "code": -1021, "msg": "Timestamp for this request..."}, ccxt.InvalidNonce),
        ({"fault": "code", "code": -2013, "msg": "Order does not exist."}, ccxt.OrderNotFound),
        ({"fault": "code", "code": -2015, "msg": "Invalid API-key.", "status": 401}, ccxt.AuthenticationError),
    ],
)
@pytest.mark.parametrize("route", ["urls", "proxy"])
def test_ccxt_raises_its_errors(
    trading: tuple[Venue, str], route: str, fault: dict[str, Any], error: type[Exception]
) -> None:
    """On both routes, each fault raises the error that ccxt has for it, and the next call passes."""
    exchange = ccxt_of(*trading, route, futures=False)
    exchange.timeout = 500
    control(trading[1], "fault", call=QUERY, **fault)
    with pytest.raises(error):
        exchange.fetch_open_orders(SPOT)
    exchange.timeout = 5000
    assert exchange.fetch_open_orders(SPOT) == []
    exchange.session.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer_arrives(trader: Trader, url: str, when: str) -> None:
    """A slow answer takes the seconds asked for; other calls meanwhile are answered at once."""
    control(url, "fault", call=PLACE, fault="slow", seconds=0.4, when=when)
    started = time.monotonic()
    assert rest(trader)[0] == 200
    assert time.monotonic() - started >= 0.4
    assert resting(url) == 1


def test_a_fault_waits_for_its_parameters(trader: Trader, url: str) -> None:
    """A fault may name parameters or a pair, and may let calls pass first."""
    control(url, "fault", call=PLACE, fault="status", where={"side": "SELL"})
    control(url, "fault", call=PLACE, fault="status", pair="ETH/USDT")
    assert rest(trader)[0] == 200
    assert len(pending(url)) == 2
    control(url, "faults", clear=True)
    control(url, "fault", call=PLACE, fault="status", skip=1)
    assert rest(trader)[0] == 200
    assert rest(trader)[0] == 500
    assert rest(trader)[0] == 200


def test_calls_are_counted(trader: Trader, url: str) -> None:
    """The state counts calls by name, faulty ones included, control calls excluded."""
    control(url, "fault", call=QUERY, fault="status")
    before = ask(url, "/_control/state")[1]["calls"].get(QUERY, 0)
    trader("GET", "/api/v3/openOrders")
    trader("GET", "/api/v3/openOrders")
    ask(url, "/api/v3/ping")
    calls = ask(url, "/_control/state")[1]["calls"]
    assert (calls[QUERY], calls["GET /api/v3/ping"]) == (before + 2, 1)
    assert not [name for name in calls if "_control" in name]


def test_a_skewed_clock_refuses_signatures(trader: Trader, url: str) -> None:
    """A server clock 20 s ahead or behind shows that time and refuses signed requests with -1021."""
    for ahead in (20000, -20000):
        control(url, "clock", ahead_ms=ahead)
        difference = ask(url, "/api/v3/time")[1]["serverTime"] - time.time_ns() // 1_000_000
        assert difference == pytest.approx(ahead, abs=5000)
        assert trader("GET", "/api/v3/account")[1]["code"] == -1021
    control(url, "clock", ahead_ms=0)
    assert trader("GET", "/api/v3/account")[0] == 200


def test_a_revoked_key_is_refused(trader: Trader, url: str) -> None:
    """A revoked key is refused with -2015 on spot and futures until it is restored; public calls are answered."""
    control(url, "key", revoked=True)
    for path in ("/api/v3/account", "/fapi/v3/account"):
        assert trader("GET", path) == (
            401,
            {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."},
        )
    assert ask(url, "/api/v3/time")[0] == 200
    control(url, "key", revoked=False)
    assert trader("GET", "/api/v3/account")[0] == 200


@pytest.mark.parametrize(
    ("what", "request_", "words"),
    [
        ("fault", {"call": PLACE}, "it must be"),
        ("fault", {"call": PLACE, "fault": "fire"}, "it must be"),
        ("fault", {"call": "/api/v3/order", "fault": "reset"}, "it must be a method and a path"),
        ("fault", {"call": PLACE, "fault": "reset", "seconds": 1}, "the request has seconds"),
        ("fault", {"call": PLACE, "fault": "code"}, "code was None"),
        ("fault", {"call": PLACE, "fault": "reset", "count": 0}, "count was 0"),
        ("fault", {"call": PLACE, "fault": "reset", "skip": -1}, "skip was -1"),
        ("fault", {"call": PLACE, "fault": "status", "status": 200}, "status was 200"),
        ("fault", {"call": PLACE, "fault": "reset", "when": "now"}, "it must be 'before' or 'after'"),
        ("fault", {"call": PLACE, "fault": "slow", "seconds": 601}, "a number from 0 to 600"),
        ("fault", {"call": PLACE, "fault": "reset", "where": {"side": 1}}, "as text"),
        ("fault", {"call": PLACE, "fault": "reset", "pair": "AAA/USDT"}, "the venue lists BTC/USDT"),
        ("faults", {}, "it must be"),
        ("clock", {"ahead_ms": "1"}, "it must be"),
        ("key", {"revoked": 1}, "it must be"),
    ],
)
def test_an_invalid_request_is_refused(url: str, what: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and adds no fault."""
    status, answer = ask(url, f"/_control/{what}", "POST", request_)
    assert status == 400
    assert words in answer["error"]
    assert pending(url) == []


def test_the_venue_ends_while_a_call_is_delayed(trading: tuple[Venue, str], caplog: pytest.LogCaptureFixture) -> None:
    """A venue that is closed while a call is delayed leaves no task and no thread behind."""
    before = set(threading.enumerate())
    with trading[0].serve() as url:
        for fault, call in (("silence", "/api/v3/ping"), ("slow", "/api/v3/time")):
            control(url, "fault", call=f"GET {call}", fault=fault, seconds=60)
            with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=0.2)) as connection:
                connection.request("GET", call)
                with pytest.raises(TimeoutError):
                    connection.getresponse()
    gc.collect()
    assert "Task was destroyed" not in caplog.text
    assert set(threading.enumerate()) <= before

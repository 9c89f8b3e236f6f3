"""Control calls move prices and report the venue's state."""

import pytest

from robustop_plugin.venue.market import Market
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask, move_price
from tests.venue.conftest import PERPETUAL, SLID_TO, SPOT

PRICE, STATE = "/_control/price", "/_control/state"


def test_the_state_contains_every_price(url: str) -> None:
    """The state contains the time and all prices of spot and futures, including a move just made."""
    answer = ask(url, PRICE, "POST", {"pair": SPOT, "price": 61000.126})
    assert answer == (200, {"last": 61000.13, "bid": 61000.13, "ask": 61000.14, "mark": 61000.13})
    status, state = ask(url, STATE)
    assert status == 200
    assert state["now"] == SLID_TO
    assert state["markets"][SPOT] == answer[1]
    assert len(state["markets"]) == 7
    assert state["markets"][PERPETUAL]["last"] != 61000.13


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ([], "it must be"),
        ({"pair": SPOT}, "it must be"),
        ({"pair": SPOT, "price": 1, "size": 2}, "it must be"),
        ({"pair": "AAA/USDT", "price": 1}, "the venue lists BTC/USDT"),
        ({"pair": [], "price": 1}, "the venue lists"),
        ({"pair": SPOT, "price": 0}, "a number above 0"),
        ({"pair": SPOT, "price": "1"}, "a number above 0"),
        ({"pair": SPOT, "price": True}, "a number above 0"),
        ({"pair": SPOT, "price": float("nan")}, "a number above 0"),
    ],
)
def test_an_invalid_price_request_is_refused(url: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and moves no price."""
    before = ask(url, STATE)
    status, answer = ask(url, PRICE, "POST", request_)
    assert status == 400
    assert words in answer["error"]
    assert ask(url, STATE) == before


def test_a_body_that_is_not_json_is_refused(url: str) -> None:
    """A body that is not JSON is refused with a sentence that says so."""
    status, answer = ask(url, PRICE, "POST")
    assert status == 400
    assert "not JSON" in answer["error"]


def test_a_market_without_candles_begins_with_the_first_price() -> None:
    """A market without candles has no price and no offers until its first trade."""
    market = Market("NEW/USDT", "NEW", "USDT", 0.01, 0.1)
    with Venue([market]).serve() as url:
        assert ask(url, "/api/v3/klines?symbol=NEWUSDT&interval=1m") == (200, [])
        assert ask(url, "/api/v3/depth?symbol=NEWUSDT")[1]["bids"] == []
        assert float(ask(url, "/api/v3/ticker/24hr?symbol=NEWUSDT")[1]["lastPrice"]) == 0
        assert float(ask(url, "/api/v3/ticker/bookTicker?symbol=NEWUSDT")[1]["askPrice"]) == 0
        assert ask(url, STATE)[1]["markets"]["NEW/USDT"]["last"] is None
        move_price(url, "NEW/USDT", 0.02)
        (candle,) = ask(url, "/api/v3/klines?symbol=NEWUSDT&interval=1h")[1]
        assert {float(price) for price in candle[1:5]} == {0.02}
        # No bid is below one tick.
        assert [float(price) for price, _ in ask(url, "/api/v3/depth?symbol=NEWUSDT")[1]["bids"]] == [0.02, 0.01]

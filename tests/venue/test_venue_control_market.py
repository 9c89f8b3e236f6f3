"""Control calls play a path of prices, widen the spread, halt pairs and delist them."""

from typing import Any

import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask
from tests.support.trader import Trader, control
from tests.venue.conftest import PERPETUAL, SLID_TO, SPOT, HandClock


def prices(url: str, pair: str = SPOT) -> Any:
    """Return a pair's prices."""
    return ask(url, "/_control/state")[1]["markets"][pair]


def test_a_path_is_played_as_time_passes(url: str, clock: HandClock) -> None:
    """The first price trades at once and each next one an interval later, however seldom the venue is asked."""
    answer = control(url, "path", pair=SPOT, prices=[60000, 59000, 61000, 58000], interval=0.5)
    assert answer == {"pair": SPOT, "left": 3, "ends": SLID_TO + 1500}
    assert prices(url)["last"] == 60000
    clock.now += 499
    assert prices(url)["last"] == 60000
    clock.now += 1
    assert prices(url)["last"] == 59000
    assert ask(url, "/_control/state")[1]["paths"] == {SPOT: 2}
    clock.now += 10_000
    assert prices(url)["last"] == 58000
    assert ask(url, "/_control/state")[1]["paths"] == {}


def test_every_price_of_a_path_trades(trading: tuple[Venue, str]) -> None:
    """A dip between two requests still triggers a stop, and it sells at the price of the dip."""
    url = trading[1]
    trader = Trader(url)
    order = {"symbol": "BTCUSDT", "type": "MARKET", "side": "BUY", "quantity": "0.01"}
    trader("POST", "/api/v3/order", **order)
    stop = {"type": "STOP_LOSS_LIMIT", "side": "SELL", "timeInForce": "GTC", "stopPrice": "59000", "price": "58000"}
    number = trader("POST", "/api/v3/order", **{**order, **stop, "quantity": "0.009"})[1]["orderId"]
    control(url, "path", pair=SPOT, prices=[60000, 58800, 60000], interval=0)
    sold = trader("GET", "/api/v3/order", symbol="BTCUSDT", orderId=number)[1]
    assert (sold["status"], float(sold["cummulativeQuoteQty"])) == ("FILLED", pytest.approx(0.009 * 58800))


def test_a_new_path_replaces_the_old_one(url: str, clock: HandClock) -> None:
    """The rest of an old path is dropped."""
    control(url, "path", pair=SPOT, prices=[60000, 1], interval=1)
    control(url, "path", pair=SPOT, prices=[61000, 62000], interval=10)
    clock.now += 5000
    assert prices(url)["last"] == 61000


@pytest.mark.parametrize(
    ("ticks", "bid", "ask_"), [(1, 60000, 60000.01), (2, 59999.99, 60000.01), (101, 59999.5, 60000.51)]
)
def test_a_spread_lies_around_the_last_price(trading: tuple[Venue, str], ticks: int, bid: float, ask_: float) -> None:
    """Bid and ask are as many ticks apart as asked for, and market orders pay it."""
    url = trading[1]
    assert control(url, "spread", pair=SPOT, ticks=ticks) == {"bid": bid, "ask": ask_}
    quoted = ask(url, "/api/v3/ticker/bookTicker?symbol=BTCUSDT")[1]
    assert (float(quoted["bidPrice"]), float(quoted["askPrice"])) == (bid, ask_)
    trader = Trader(url)
    order = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.01"}
    assert float(trader("POST", "/api/v3/order", **order, side="BUY")[1]["fills"][0]["price"]) == ask_
    sell = trader("POST", "/api/v3/order", **{**order, "quantity": "0.009"}, side="SELL")[1]
    assert float(sell["fills"][0]["price"]) == bid


def rest(trader: Trader, path: str = "/api/v3/order") -> tuple[int, Any]:
    """Place a limit buy of 0.01 that rests at 50000."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    return trader("POST", path, **order, price="50000")


def status_of(url: str, path: str = "/api/v3/exchangeInfo") -> str:
    """Return the status of BTCUSDT."""
    listed = ask(url, path)[1]["symbols"]
    return str(next(row["status"] for row in listed if row["symbol"] == "BTCUSDT"))


def test_a_halted_pair_refuses_orders(trading: tuple[Venue, str]) -> None:
    """During a halt the pair's status is BREAK, new orders are refused, and resting orders stay and can be canceled."""
    url = trading[1]
    trader = Trader(url)
    number = rest(trader)[1]["orderId"]
    assert control(url, "listing", pair=SPOT, halted=True) == {"trades": False, "ends": None}
    assert status_of(url) == "BREAK"
    assert rest(trader) == (400, {"code": -1013, "msg": "Market is closed."})
    assert ask(url, "/_control/state")[1]["halted"] == [SPOT]
    assert trader("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=number)[0] == 200
    control(url, "listing", pair=SPOT, halted=False)
    assert status_of(url) == "TRADING"
    assert rest(trader)[0] == 200


def test_a_delisting_is_announced_and_expires_orders(trading: tuple[Venue, str]) -> None:
    """The schedule lists the pair; when the time has come, its orders expire and new ones are refused."""
    url = trading[1]
    trader = Trader(url)
    number = rest(trader)[1]["orderId"]
    ends = control(url, "listing", pair=SPOT, delist_in=3600)["ends"]
    assert ask(url, "/sapi/v1/spot/delist-schedule")[1] == [{"delistTime": ends, "symbols": ["BTCUSDT"]}]
    assert status_of(url) == "TRADING"
    control(url, "listing", pair=SPOT, delist_in=None)
    assert ask(url, "/sapi/v1/spot/delist-schedule")[1] == []
    control(url, "listing", pair=SPOT, delist_in=0)
    assert status_of(url) == "BREAK"
    assert trader("GET", "/api/v3/order", symbol="BTCUSDT", orderId=number)[1]["status"] == "EXPIRED"
    assert rest(trader)[1]["code"] == -1013


def test_a_perpetual_is_delisted_with_its_stops(trading: tuple[Venue, str]) -> None:
    """A perpetual announces its delivery date; then orders and stops expire and new ones are refused."""
    url = trading[1]
    trader = Trader(url)
    order, stop = "/fapi/v1/order", {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "triggerPrice": "50000"}
    stop |= {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
    number = rest(trader, order)[1]["orderId"]
    algo = trader("POST", "/fapi/v1/algoOrder", **stop)[1]["algoId"]
    ends = control(url, "listing", pair=PERPETUAL, delist_in=60)["ends"]
    (listed,) = ask(url, "/fapi/v1/exchangeInfo")[1]["symbols"]
    assert (listed["deliveryDate"], listed["status"]) == (ends, "TRADING")
    control(url, "listing", pair=PERPETUAL, delist_in=0)
    assert status_of(url, "/fapi/v1/exchangeInfo") == "SETTLING"
    assert trader("GET", order, symbol="BTCUSDT", orderId=number)[1]["status"] == "EXPIRED"
    assert trader("GET", "/fapi/v1/algoOrder", algoId=algo)[1]["algoStatus"] == "EXPIRED"
    assert rest(trader, order)[1] == {"code": -4141, "msg": "Symbol is closed."}
    assert trader("POST", "/fapi/v1/algoOrder", **stop)[1]["code"] == -4141
    assert status_of(url) == "TRADING"  # the spot pair


@pytest.mark.parametrize(
    ("what", "request_", "words"),
    [
        ("path", {"pair": SPOT}, "it must be an object with pair, prices, [interval]"),
        ("path", {"pair": SPOT, "prices": []}, "a list of 1 to"),
        ("path", {"pair": SPOT, "prices": [1, 0]}, "a price was 0"),
        ("path", {"pair": SPOT, "prices": [1], "interval": -1}, "interval was -1"),
        ("path", {"pair": SPOT, "prices": [1], "interval": "x"}, "it must be a number"),
        ("path", {"pair": "AAA/USDT", "prices": [1]}, "the venue lists"),
        ("spread", {"pair": SPOT, "ticks": 0}, "a whole number from 1"),
        ("spread", {"pair": SPOT, "ticks": 1.5}, "a whole number from 1"),
        ("listing", {"halted": True}, "it must be an object with pair"),
        ("listing", {"pair": SPOT, "halted": "yes"}, "it must be true or false"),
        ("listing", {"pair": SPOT, "delist_in": "soon"}, "it must be a number"),
    ],
)
def test_an_invalid_market_request_is_refused(url: str, what: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and changes nothing."""
    before = ask(url, "/_control/state")[1]
    status, answer = ask(url, f"/_control/{what}", "POST", request_)
    assert status == 400
    assert words in answer["error"]
    assert ask(url, "/_control/state")[1] == before

"""Control calls fill orders in part and cancel them; the state shows accounts, orders and fills."""

from typing import Any

import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask, move_price
from tests.support.trader import Trader, control
from tests.venue.conftest import PERPETUAL, SPOT

FILL, CANCEL, STATE = "/_control/fill", "/_control/cancel", "/_control/state"


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def resting(url: str) -> int:
    """Place a spot limit buy of 0.1 that rests at 59900; return its id."""
    return place(url, "/api/v3/order", "BUY", "59900")


def place(url: str, path: str, side: str, price: str) -> int:
    """Place a limit order of 0.1; return its id."""
    order = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
    status, answer = Trader(url)("POST", path, **order, price=price)
    assert status == 200, answer
    return int(answer["orderId"])


def state(url: str) -> Any:
    """Return the venue's state."""
    return ask(url, STATE)[1]


def test_the_state_begins_empty(url: str) -> None:
    """Each account starts with 10,000 of the quote currency, and without positions, orders or fills."""
    initial = state(url)
    free = {"free": 10000, "locked": 0}
    assert initial["balances"] == {"spot": {"USDT": free}, "futures": {"USDT": free}}
    assert (initial["positions"], initial["orders"], initial["fills"]) == ({}, [], [])


def test_the_state_shows_spot(url: str, resting: int) -> None:
    """A resting order is shown with its locked funds, and each partial fill with its fee."""
    control(url, "fill", order=resting, quantity=0.025)
    shown = state(url)
    (order,) = shown["orders"]
    assert order == {
        "order": resting,
        "pair": SPOT,
        "side": "BUY",
        "type": "LIMIT",
        "price": 59900,
        "quantity": 0.1,
        "filled": 0.025,
        "status": "PARTIALLY_FILLED",
        "reduce_only": False,
    }
    (fill,) = shown["fills"]
    assert (fill["order"], fill["price"], fill["quantity"]) == (resting, 59900, 0.025)
    assert (fill["fee"], fill["fee_currency"]) == (0.000025, "BTC")
    assert shown["balances"]["spot"]["USDT"] == {"free": 4010, "locked": 59900 * 0.075}
    assert shown["balances"]["spot"]["BTC"] == {"free": 0.024975, "locked": 0}


def test_the_state_shows_futures(url: str) -> None:
    """A position is shown with its entry and margin, and the margin counts as locked."""
    number = place(url, "/fapi/v1/order", "SELL", "60100")
    control(url, "fill", order=number, quantity=0.1)
    shown = state(url)
    assert shown["orders"] == []
    # The leverage is Binance's default of 20.
    assert shown["positions"] == {PERPETUAL: {"amount": -0.1, "entry": 60100, "margin": 300.5}}
    assert shown["balances"]["futures"]["USDT"]["locked"] == 300.5
    assert shown["balances"]["spot"]["USDT"] == {"free": 10000, "locked": 0}


def test_spot_and_futures_orders_are_told_apart(url: str, resting: int) -> None:
    """Order ids are unique across spot and futures, and a pair names orders of its own market only."""
    perpetual = place(url, "/fapi/v1/order", "BUY", "59900")
    assert perpetual != resting
    assert control(url, "cancel", pair=PERPETUAL)["order"] == perpetual
    assert [order["order"] for order in state(url)["orders"]] == [resting]


def test_the_last_part_fills_the_order(url: str, resting: int) -> None:
    """An order filled completely by control calls is not filled again by a trade."""
    assert control(url, "fill", order=resting, quantity=0.06)["status"] == "PARTIALLY_FILLED"
    assert control(url, "fill", order=resting, quantity=0.04)["status"] == "FILLED"
    move_price(url, SPOT, 59000)
    assert sum(fill["quantity"] for fill in state(url)["fills"]) == 0.1


def test_a_tick_fills_only_the_rest(url: str, resting: int) -> None:
    """After a partial fill, a trade at the limit fills the remainder."""
    control(url, "fill", order=resting, quantity=0.06)
    move_price(url, SPOT, 59900)
    assert [fill["quantity"] for fill in state(url)["fills"]] == [0.06, 0.04]
    assert state(url)["orders"] == []


@pytest.mark.parametrize(
    ("path", "request_", "words"),
    [
        (FILL, [], "it must be"),
        (FILL, {"pair": SPOT}, "it must be"),
        (FILL, {"order": 1, "pair": SPOT, "quantity": 1}, "it must be"),
        (CANCEL, {"order": 1, "quantity": 1}, "it must be"),
        (CANCEL, {"pair": "AAA/USDT"}, "the venue lists BTC/USDT"),
        (CANCEL, {"pair": "ETH/USDT"}, "it names 0 open orders; open orders: 1"),
        (CANCEL, {"order": 99}, "it names 0 open orders; open orders: 1"),
        (CANCEL, {"order": "1"}, "it names 0 open orders"),
        (FILL, {"pair": SPOT, "quantity": 0}, "a multiple of 1e-05 above 0 and at most 0.1"),
        (FILL, {"pair": SPOT, "quantity": -0.01}, "a multiple of"),
        (FILL, {"pair": SPOT, "quantity": 0.10001}, "at most 0.1"),
        (FILL, {"pair": SPOT, "quantity": 0.000015}, "a multiple of"),
        (FILL, {"pair": SPOT, "quantity": True}, "it must be a number above 0"),
        (FILL, {"pair": SPOT, "quantity": "much"}, "it must be a number above 0"),
        (FILL, {"pair": SPOT, "quantity": float("inf")}, "it must be a number above 0"),
    ],
)
def test_an_invalid_order_request_is_refused(url: str, resting: int, path: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and changes nothing."""
    before = state(url)
    status, answer = ask(url, path, "POST", request_)
    assert status == 400
    assert words in answer["error"]
    after = state(url)
    assert {**after, "now": 0} == {**before, "now": 0}


def test_two_resting_orders_of_a_pair_need_an_id(url: str, resting: int) -> None:
    """A pair with two resting orders is ambiguous, and the error lists their ids."""
    other = place(url, "/api/v3/order", "BUY", "30000")
    status, answer = ask(url, CANCEL, "POST", {"pair": SPOT})
    assert status == 400
    assert f"it names 2 open orders; open orders: {resting}, {other}" in answer["error"]
    assert control(url, "cancel", order=other)["status"] == "CANCELED"


def test_orders_live_as_long_as_the_venue(trading: tuple[Venue, str], resting: int) -> None:
    """A venue that is served a second time has the same orders and balances."""
    venue, url = trading
    before = state(url)
    with venue.serve() as again:
        assert state(again)["orders"] == before["orders"]
        assert state(again)["balances"] == before["balances"]

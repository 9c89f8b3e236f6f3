"""The real ccxt trades spot at the venue, on both routes."""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import move_price
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import SPOT

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


@pytest.fixture(params=["urls", "proxy"])
def spot(request: pytest.FixtureRequest, trading: tuple[Venue, str]) -> Iterator[Any]:
    """Return ccxt for spot with keys."""
    exchange = ccxt_of(*trading, request.param, futures=False)
    yield exchange
    exchange.session.close()


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


def balance(spot: Any, coin: str) -> tuple[float, float]:
    """Return a coin's free and locked balance."""
    amounts = spot.fetch_balance()[coin]
    return amounts["free"], amounts["used"]


def test_a_market_buy_fills_at_the_ask(spot: Any) -> None:
    """A market buy fills at once, one tick above the last price; the fee is 0.1 % of the bought coin."""
    assert balance(spot, "USDT") == (10000, 0)
    order = spot.create_order(SPOT, "market", "buy", 0.01)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.01, 60000.01)
    assert order["fees"] == [{"cost": 0.00001, "currency": "BTC"}]
    assert balance(spot, "BTC") == (0.00999, 0)
    assert balance(spot, "USDT") == (pytest.approx(10000 - 600.0001), 0)
    fetched = spot.fetch_order(order["id"], SPOT)
    assert (fetched["status"], fetched["cost"], fetched["type"]) == ("closed", pytest.approx(600.0001), "market")
    (trade,) = spot.fetch_my_trades(SPOT)
    assert (trade["order"], trade["side"], trade["takerOrMaker"]) == (order["id"], "buy", "taker")
    assert (trade["price"], trade["amount"]) == (60000.01, 0.01)
    assert trade["fee"] == {"cost": 0.00001, "currency": "BTC"}


def test_a_market_sell_fills_at_the_bid(spot: Any) -> None:
    """A market sell receives the last price, less a fee of 0.1 % in the quote currency."""
    spot.create_order(SPOT, "market", "buy", 0.01)
    before = balance(spot, "USDT")[0]
    order = spot.create_order(SPOT, "market", "sell", 0.009)
    assert (order["status"], order["average"]) == ("closed", 60000)
    assert order["fees"] == [{"cost": 0.54, "currency": "USDT"}]
    assert balance(spot, "BTC")[0] == pytest.approx(0.00099)
    assert balance(spot, "USDT")[0] == pytest.approx(before + 540 - 0.54)


def test_a_limit_buy_rests_until_its_price_is_reached(spot: Any, url: str) -> None:
    """A resting buy locks the quote currency, and fills at its limit once the price falls below it."""
    order = spot.create_order(SPOT, "limit", "buy", 0.1, 59900)
    assert (order["status"], order["filled"], order["timeInForce"]) == ("open", 0, "GTC")
    assert balance(spot, "USDT") == (10000 - 5990, 5990)
    assert [resting["id"] for resting in spot.fetch_open_orders(SPOT)] == [order["id"]]
    move_price(url, SPOT, 59900.01)
    assert spot.fetch_order(order["id"], SPOT)["status"] == "open"
    move_price(url, SPOT, 59800)
    filled = spot.fetch_order(order["id"], SPOT)
    assert (filled["status"], filled["average"], filled["filled"]) == ("closed", 59900, 0.1)
    assert balance(spot, "USDT") == (4010, 0)
    assert balance(spot, "BTC") == (0.0999, 0)
    assert spot.fetch_open_orders(SPOT) == []
    assert [listed["id"] for listed in spot.fetch_orders(SPOT)] == [order["id"]]
    (trade,) = spot.fetch_my_trades(SPOT, order["timestamp"])
    assert trade["takerOrMaker"] == "maker"


def test_a_limit_sell_rests_until_its_price_is_reached(spot: Any, url: str) -> None:
    """A resting sell locks the base currency, and fills at its limit once the price reaches it."""
    spot.create_order(SPOT, "market", "buy", 0.1)
    before = balance(spot, "USDT")[0]
    order = spot.create_order(SPOT, "limit", "sell", 0.09, 60100)
    assert balance(spot, "BTC") == (pytest.approx(0.0099), 0.09)
    move_price(url, SPOT, 60099.99)
    assert spot.fetch_order(order["id"], SPOT)["status"] == "open"
    move_price(url, SPOT, 60100)
    assert spot.fetch_order(order["id"], SPOT)["average"] == 60100
    assert balance(spot, "USDT")[0] == pytest.approx(before + 5409 * 0.999)


def test_a_limit_order_that_crosses_fills_at_once_and_better(spot: Any) -> None:
    """A buy above the ask pays the ask, a sell below the bid receives the bid, and nothing stays locked."""
    buy = spot.create_order(SPOT, "limit", "buy", 0.1, 61000)
    assert (buy["status"], buy["average"], buy["price"]) == ("closed", 60000.01, 61000)
    assert balance(spot, "USDT") == (pytest.approx(10000 - 6000.001), 0)
    sell = spot.create_order(SPOT, "limit", "sell", 0.05, 59000)
    assert (sell["status"], sell["average"]) == ("closed", 60000)


def test_a_buy_at_the_bid_rests(spot: Any, url: str) -> None:
    """A limit buy at the bid waits for the next trade at that price."""
    order = spot.create_order(SPOT, "limit", "buy", 0.1, 60000)
    assert order["status"] == "open"
    move_price(url, SPOT, 60000)
    assert spot.fetch_order(order["id"], SPOT)["status"] == "closed"


def test_an_order_is_filled_in_parts(spot: Any, url: str) -> None:
    """Each partial fill changes balances; the remainder stays locked until it fills or is canceled."""
    order = spot.create_order(SPOT, "limit", "buy", 0.1, 59900)
    answer = control(url, "fill", order=int(order["id"]), quantity=0.03)
    assert (answer["status"], answer["filled"]) == ("PARTIALLY_FILLED", 0.03)
    part = spot.fetch_order(order["id"], SPOT)
    assert (part["status"], part["filled"], part["remaining"]) == ("open", 0.03, 0.07)
    assert balance(spot, "USDT") == (4010, pytest.approx(4193))
    assert balance(spot, "BTC") == (0.02997, 0)
    control(url, "fill", pair=SPOT, quantity=0.01)
    assert spot.fetch_order(order["id"], SPOT)["filled"] == 0.04
    canceled = spot.cancel_order(order["id"], SPOT)
    assert (canceled["status"], canceled["filled"]) == ("canceled", 0.04)
    assert balance(spot, "USDT") == (pytest.approx(10000 - 2396), 0)
    assert [trade["amount"] for trade in spot.fetch_my_trades(SPOT)] == [0.03, 0.01]


def test_a_canceled_order_frees_its_funds(spot: Any, url: str) -> None:
    """After a cancel by the client or by control call, the funds are free and no trade fills the order."""
    first = spot.create_order(SPOT, "limit", "buy", 0.05, 59900)
    second = spot.create_order(SPOT, "limit", "buy", 0.05, 59800)
    assert spot.cancel_order(first["id"], SPOT)["status"] == "canceled"
    assert control(url, "cancel", pair=SPOT)["order"] == int(second["id"])
    move_price(url, SPOT, 50000)
    assert [order["status"] for order in spot.fetch_orders(SPOT)] == ["canceled", "canceled"]
    assert balance(spot, "USDT") == (10000, 0)


def test_an_order_without_funds_is_refused(spot: Any) -> None:
    """An order beyond the free balance raises ccxt's InsufficientFunds (Binance's -2010)."""
    with pytest.raises(ccxt.InsufficientFunds, match="insufficient balance"):
        spot.create_order(SPOT, "market", "sell", 0.01)
    with pytest.raises(ccxt.InsufficientFunds):
        spot.create_order(SPOT, "market", "buy", 0.2)
    spot.create_order(SPOT, "limit", "buy", 0.1, 59900)
    with pytest.raises(ccxt.InsufficientFunds):
        spot.create_order(SPOT, "limit", "buy", 0.1, 59900)
    assert balance(spot, "USDT") == (4010, 5990)


def test_an_unknown_order_is_ccxt_s_order_not_found(spot: Any) -> None:
    """A query of an unknown order is answered with -2013, a cancel of an unknown or filled order with -2011."""
    filled = spot.create_order(SPOT, "market", "buy", 0.01)
    with pytest.raises(ccxt.OrderNotFound, match="-2013"):
        spot.fetch_order("999", SPOT)
    for number in ("999", filled["id"]):
        with pytest.raises(ccxt.OrderNotFound, match="-2011"):
            spot.cancel_order(number, SPOT)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.0000150"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0"}, -1013, "Filter failure: LOT_SIZE"),
        ({"price": "59900.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "0"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "1000000.01"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.00008"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "200"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "0.00008", "type": "MARKET"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "x"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "-1"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": ""}, -1102, "'quantity'"),
        ({"price": ""}, -1102, "'price'"),
        ({"timeInForce": ""}, -1102, "'timeInForce'"),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"side": "buy"}, -1117, "Invalid side."),
        ({"type": "STOP_LOSS"}, -1116, "Invalid orderType."),
        ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
    ],
)
def test_a_bad_order_is_refused_as_by_binance(
    trading: tuple[Venue, str], params: dict[str, str], code: int, words: str
) -> None:
    """A bad order is answered with Binance's code and message, and no order is placed."""
    good = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    trader = Trader(trading[1])
    status, answer = trader("POST", "/api/v3/order", **{**good, "quantity": "0.01", "price": "59900", **params})
    assert (status, answer["code"]) == (400, code)
    assert words in answer["msg"]
    assert trader("GET", "/api/v3/openOrders") == (200, [])


@pytest.mark.parametrize("force", ["IOC", "FOK"])
def test_an_order_that_must_not_rest_expires(trading: tuple[Venue, str], force: str) -> None:
    """An IOC or FOK order fills if it crosses the book, and expires otherwise."""
    trader = Trader(trading[1])
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": force, "quantity": "0.01"}
    assert trader("POST", "/api/v3/order", **order, price="60001")[1]["status"] == "FILLED"
    assert trader("POST", "/api/v3/order", **order, price="59999")[1]["status"] == "EXPIRED"
    assert trader("GET", "/api/v3/openOrders") == (200, [])


def test_orders_are_found_by_either_id_and_by_time(trading: tuple[Venue, str]) -> None:
    """Orders are found by either id, and lists respect their start time and limit."""
    trader = Trader(trading[1])
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
    placed = [
        trader("POST", "/api/v3/order", **order, price=f"{price}", newClientOrderId=f"mine{price}")[1]
        for price in (59000, 59001, 59002)
    ]
    found = trader("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine59001")[1]
    assert found["orderId"] == placed[1]["orderId"]
    assert trader("GET", "/api/v3/order", symbol="BTCUSDT")[1]["code"] == -1102
    listed = trader("GET", "/api/v3/allOrders", symbol="BTCUSDT", limit=2)[1]
    assert [order["clientOrderId"] for order in listed] == ["mine59001", "mine59002"]
    last = placed[2]["transactTime"]
    assert trader("GET", "/api/v3/allOrders", symbol="BTCUSDT", startTime=last + 1)[1] == []
    early = trader("GET", "/api/v3/allOrders", symbol="BTCUSDT", startTime=0, limit=1)[1]
    assert [order["clientOrderId"] for order in early] == ["mine59000"]
    canceled = trader("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine59000")[1]
    assert (canceled["status"], canceled["origClientOrderId"]) == ("CANCELED", "mine59000")
    assert trader("DELETE", "/api/v3/order", symbol="ETHUSDT", orderId=placed[1]["orderId"])[1]["code"] == -2011

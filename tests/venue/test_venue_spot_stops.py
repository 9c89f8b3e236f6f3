"""The real ccxt places spot stop-limit orders at the venue, on both routes."""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask, move_price
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import SPOT

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

STOP = 59000
LIMIT = 58410  # 99 % of the stop


@pytest.fixture(params=["urls", "proxy"])
def spot(request: pytest.FixtureRequest, trading: tuple[Venue, str]) -> Iterator[Any]:
    """Return ccxt for spot that holds 0.0999 BTC, bought at 60000.01."""
    exchange = ccxt_of(*trading, request.param, futures=False)
    exchange.create_order(SPOT, "market", "buy", 0.1)
    yield exchange
    exchange.session.close()


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


def sell_stop(spot: Any, amount: float = 0.09, stop: float = STOP, limit: float = LIMIT) -> Any:
    """Place a sell stop as Freqtrade does."""
    return spot.create_order(SPOT, "stop_loss_limit", "sell", amount, limit, {"stopPrice": stop})


def balance(spot: Any, coin: str) -> tuple[float, float]:
    """Return a coin's free and locked balance."""
    amounts = spot.fetch_balance()[coin]
    return amounts["free"], amounts["used"]


def test_a_waiting_stop_locks_the_coins(spot: Any) -> None:
    """A sell stop is open, not yet in the book, shows its two prices, and locks the coins until it is canceled."""
    order = sell_stop(spot)
    assert (order["status"], order["stopPrice"], order["price"], order["filled"]) == ("open", STOP, LIMIT, 0)
    assert balance(spot, "BTC") == (pytest.approx(0.0099), 0.09)
    fetched = spot.fetch_order(order["id"], SPOT)
    assert (fetched["status"], fetched["stopPrice"]) == ("open", STOP)
    assert (fetched["info"]["isWorking"], fetched["info"]["type"]) == (False, "STOP_LOSS_LIMIT")
    assert [listed["id"] for listed in spot.fetch_open_orders(SPOT)] == [order["id"]]
    with pytest.raises(ccxt.InsufficientFunds):
        spot.create_order(SPOT, "market", "sell", 0.05)
    assert spot.cancel_order(order["id"], SPOT)["status"] == "canceled"
    assert balance(spot, "BTC") == (0.0999, 0)


def test_ccxt_dates_a_waiting_stop_before_the_epoch(spot: Any) -> None:
    """Binance reports the working time -1 until a stop triggers, which ccxt takes as its time; a fetch corrects it."""
    order = sell_stop(spot)
    assert order["timestamp"] == -1
    assert spot.fetch_order(order["id"], SPOT)["timestamp"] > 1_700_000_000_000
    assert spot.cancel_order(order["id"], SPOT)["timestamp"] == -1


def test_a_stop_sells_at_the_price_that_triggers_it(spot: Any, url: str) -> None:
    """One tick above the stop nothing happens; at a price between stop and limit, the coins are sold at that price."""
    order = sell_stop(spot)
    before = balance(spot, "USDT")[0]
    move_price(url, SPOT, STOP + 0.01)
    assert spot.fetch_order(order["id"], SPOT)["info"]["isWorking"] is False
    move_price(url, SPOT, 58500)
    sold = spot.fetch_order(order["id"], SPOT)
    assert (sold["status"], sold["average"], sold["filled"]) == ("closed", 58500, 0.09)
    assert balance(spot, "USDT")[0] == pytest.approx(before + 0.09 * 58500 * 0.999)
    _, trade = spot.fetch_my_trades(SPOT)
    assert (trade["order"], trade["price"], trade["takerOrMaker"]) == (order["id"], 58500, "taker")


@pytest.mark.parametrize("price", [STOP, LIMIT])
def test_stop_and_limit_themselves_sell(spot: Any, url: str, price: float) -> None:
    """A trade exactly at the stop triggers, and a trade exactly at the limit still sells."""
    order = sell_stop(spot)
    move_price(url, SPOT, price)
    assert spot.fetch_order(order["id"], SPOT)["average"] == price


def test_a_gap_beyond_the_limit_leaves_it_resting(spot: Any, url: str) -> None:
    """Below its limit, a triggered stop rests as a limit order, locks the coins, and sells when the price returns."""
    order = sell_stop(spot)
    move_price(url, SPOT, 58000)
    resting = spot.fetch_order(order["id"], SPOT)
    assert (resting["status"], resting["filled"], resting["info"]["isWorking"]) == ("open", 0, True)
    assert balance(spot, "BTC")[1] == 0.09
    assert ask(url, "/_control/state")[1]["stops"] == []
    move_price(url, SPOT, LIMIT - 0.01)
    assert spot.fetch_order(order["id"], SPOT)["status"] == "open"
    move_price(url, SPOT, 58900)
    sold = spot.fetch_order(order["id"], SPOT)
    assert (sold["status"], sold["average"]) == ("closed", LIMIT)


def test_a_triggered_stop_fills_in_parts_by_hand(spot: Any, url: str) -> None:
    """A control call fills part of a triggered stop, and refuses to fill one that still waits."""
    order = sell_stop(spot)
    status, answer = ask(url, "/_control/fill", "POST", {"pair": SPOT, "quantity": 0.01})
    assert status == 400
    assert "is a stop that has not triggered" in answer["error"]
    move_price(url, SPOT, 58000)
    control(url, "fill", pair=SPOT, quantity=0.01)
    part = spot.fetch_order(order["id"], SPOT)
    assert (part["status"], part["filled"], part["average"]) == ("open", 0.01, LIMIT)


def test_a_buy_stop_buys_above(spot: Any, url: str) -> None:
    """A buy stop locks its limit in the quote currency and buys at the ask once the price rises to it."""
    before = balance(spot, "USDT")[0]
    order = spot.create_order(SPOT, "stop_loss_limit", "buy", 0.01, 61500, {"stopPrice": 61000})
    assert balance(spot, "USDT") == (pytest.approx(before - 615), 615)
    move_price(url, SPOT, 60999.99)
    assert spot.fetch_order(order["id"], SPOT)["status"] == "open"
    move_price(url, SPOT, 61000)
    assert spot.fetch_order(order["id"], SPOT)["average"] == 61000.01


@pytest.mark.parametrize(("side", "stop"), [("sell", 60000), ("sell", 60500), ("buy", 60000), ("buy", 59000)])
def test_a_stop_beyond_the_price_is_refused(spot: Any, side: str, stop: float) -> None:
    """A stop at the last price or beyond raises ccxt's OrderImmediatelyFillable, and no order is left."""
    with pytest.raises(ccxt.OrderImmediatelyFillable, match=r"Stop price would trigger immediately\."):
        spot.create_order(SPOT, "stop_loss_limit", side, 0.01, 60000, {"stopPrice": stop})
    assert spot.fetch_open_orders(SPOT) == []


def test_a_stop_without_coins_is_refused(spot: Any) -> None:
    """A second stop for coins that the first one locks raises ccxt's InsufficientFunds."""
    sell_stop(spot)
    with pytest.raises(ccxt.InsufficientFunds, match="insufficient balance"):
        sell_stop(spot)


def test_a_sixth_stop_is_refused(spot: Any, url: str) -> None:
    """Binance allows five waiting stops a pair; one that has triggered does not count."""
    orders = [sell_stop(spot, 0.01, STOP - number, LIMIT + number) for number in range(5)]
    with pytest.raises(ccxt.BadRequest, match="MAX_NUM_ALGO_ORDERS"):
        sell_stop(spot, 0.01)
    move_price(url, SPOT, STOP)
    assert spot.fetch_order(orders[0]["id"], SPOT)["status"] == "closed"
    assert sell_stop(spot, 0.01, STOP - 1)["status"] == "open"


def test_all_orders_of_a_pair_are_canceled(spot: Any) -> None:
    """The cancel_all_orders of ccxt cancels limit orders and stops; without an open order, it raises OrderNotFound."""
    orders = [sell_stop(spot, 0.01), spot.create_order(SPOT, "limit", "sell", 0.01, 61000)]
    assert {order["id"] for order in spot.cancel_all_orders(SPOT)} == {order["id"] for order in orders}
    assert balance(spot, "BTC") == (0.0999, 0)
    with pytest.raises(ccxt.OrderNotFound):
        spot.cancel_all_orders(SPOT)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"stopPrice": "58999.999"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"stopPrice": "x"}, -1100, "Illegal characters found in parameter 'stopPrice'"),
        ({"stopPrice": ""}, -1102, "'stopPrice'"),
        ({"price": ""}, -1102, "'price'"),
        ({"timeInForce": ""}, -1102, "'timeInForce'"),
        ({"quantity": "0.00008"}, -1013, "Filter failure: NOTIONAL"),
        ({"stopPrice": "60000"}, -2010, "Stop price would trigger immediately."),
    ],
)
def test_a_bad_stop_is_refused_as_by_binance(url: str, params: dict[str, str], code: int, words: str) -> None:
    """A bad stop order is answered with Binance's code and message, and no order is placed."""
    trader = Trader(url)
    order = {"symbol": "BTCUSDT", "type": "MARKET", "side": "BUY", "quantity": "0.01"}
    assert trader("POST", "/api/v3/order", **order)[0] == 200
    stop = {**order, "type": "STOP_LOSS_LIMIT", "side": "SELL", "quantity": "0.009", "timeInForce": "GTC"}
    status, answer = trader("POST", "/api/v3/order", **{**stop, "stopPrice": "59000", "price": "58410", **params})
    assert (status, answer["code"]) == (400, code)
    assert words in answer["msg"]
    assert trader("GET", "/api/v3/openOrders") == (200, [])


def test_the_state_lists_waiting_stops(url: str) -> None:
    """The state lists a waiting stop with its prices, and a control call cancels it as by hand."""
    trader = Trader(url)
    order = {"symbol": "BTCUSDT", "type": "MARKET", "side": "BUY", "quantity": "0.01"}
    trader("POST", "/api/v3/order", **order)
    params = {"timeInForce": "GTC", "stopPrice": "59000", "price": "58410", "quantity": "0.009"}
    number = trader("POST", "/api/v3/order", **{**order, "type": "STOP_LOSS_LIMIT", "side": "SELL", **params})[1][
        "orderId"
    ]
    assert ask(url, "/_control/state")[1]["stops"] == [
        {
            "order": number,
            "pair": SPOT,
            "side": "SELL",
            "type": "STOP_LOSS_LIMIT",
            "stop": 59000,
            "limit": 58410,
            "quantity": 0.009,
            "working_type": "CONTRACT_PRICE",
            "status": "NEW",
        }
    ]
    assert control(url, "cancel", pair=SPOT)["status"] == "CANCELED"
    assert ask(url, "/_control/state")[1]["stops"] == []
    assert trader("GET", "/api/v3/order", symbol="BTCUSDT", orderId=number)[1]["status"] == "CANCELED"

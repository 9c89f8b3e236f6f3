"""Conditional orders that the venue refuses as Binance does, those that close a position, and what the state shows."""

from typing import Any

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask, move_price
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import PERPETUAL

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def trader(url: str) -> Trader:
    """Return a client that signs requests by hand and holds a long of 0.1."""
    trader = Trader(url)
    trader("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
    return trader


def algo(trader: Trader, **params: object) -> tuple[int, Any]:
    """Send a conditional sell order of 0.1 at 59000; parameters replace its own, and None removes one."""
    order = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
    sent = {**order, "quantity": "0.1", "triggerPrice": "59000", "reduceOnly": "true", **params}
    return trader("POST", "/fapi/v1/algoOrder", **{name: value for name, value in sent.items() if value is not None})


def test_a_close_position_stop_sells_what_there_is(trader: Trader, url: str) -> None:
    """A close-position stop has no quantity, sells the position's size at that time, and is the only one."""
    status, stop = algo(trader, quantity=None, reduceOnly=None, closePosition="true")
    assert (status, stop["closePosition"], float(stop["quantity"])) == (200, True, 0)
    assert algo(trader, quantity=None, reduceOnly=None, closePosition="true")[1]["code"] == -4130
    trader("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.05")
    move_price(url, PERPETUAL, 59000)
    actual = trader("GET", "/fapi/v1/algoOrder", algoId=stop["algoId"])[1]["actualOrderId"]
    sold = trader("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=actual)[1]
    assert (float(sold["executedQty"]), sold["status"]) == (0.15, "FILLED")


def test_a_close_position_stop_expires_with_the_position(trader: Trader) -> None:
    """A close-position stop expires when its position is closed, and is refused without one."""
    stop = algo(trader, quantity=None, reduceOnly=None, closePosition="true")[1]
    trader("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.1")
    assert trader("GET", "/fapi/v1/algoOrder", algoId=stop["algoId"])[1]["algoStatus"] == "EXPIRED"
    assert algo(trader, quantity=None, reduceOnly=None, closePosition="true")[1]["code"] == -4509


def test_a_stop_beyond_the_price_is_refused(trader: Trader, trading: tuple[Venue, str]) -> None:
    """A stop at the last price or beyond is refused with -2021, which ccxt knows only at Binance's own address."""
    refused = (400, {"code": -2021, "msg": "Order would immediately trigger."})
    assert algo(trader, triggerPrice="60000") == refused
    assert algo(trader, side="BUY", triggerPrice="60000") == refused
    for route, error in (("urls", ccxt.ExchangeError), ("proxy", ccxt.OrderImmediatelyFillable)):
        exchange = ccxt_of(*trading, route, futures=True)
        with pytest.raises(error) as caught:
            exchange.create_order(PERPETUAL, "stop_market", "sell", 0.1, None, {"stopPrice": 60500})
        assert type(caught.value) is error
        exchange.session.close()
    assert trader("GET", "/fapi/v1/openAlgoOrders") == (200, [])


def test_an_eleventh_stop_is_refused(trader: Trader) -> None:
    """Binance allows ten waiting stops a perpetual, then answers -4045; canceling all makes room."""
    numbers = [algo(trader, triggerPrice=f"{59000 - number}")[1]["algoId"] for number in range(10)]
    assert algo(trader)[1] == {"code": -4045, "msg": "Reach max stop order limit."}
    listed = trader("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT")[1]
    assert [order["algoId"] for order in listed] == numbers
    assert trader("DELETE", "/fapi/v1/algoOpenOrders", symbol="BTCUSDT")[0] == 200
    assert trader("GET", "/fapi/v1/openAlgoOrders") == (200, [])
    assert algo(trader)[0] == 200
    assert len(trader("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT")[1]) == 11


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"algoType": "VP"}, -1102, "'algoType'"),
        ({"side": "sell"}, -1117, "Invalid side."),
        ({"type": "LIMIT"}, -1116, "Invalid orderType."),
        ({"type": "STOP"}, -1102, "'price'"),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"workingType": "INDEX"}, -1130, "'workingType'"),
        ({"closePosition": "true"}, -1106, "'quantity'"),
        ({"quantity": "0"}, -4003, "Quantity less than or equal to zero."),
        ({"quantity": "0.000015"}, -1111, "Precision is over the maximum"),
        ({"triggerPrice": "58999.999"}, -1111, "Precision is over the maximum"),
        ({"triggerPrice": "0"}, -4006, "Stop price less than zero."),
        ({"triggerPrice": None}, -1102, "'triggerPrice'"),
        ({"positionSide": "LONG"}, -4061, "Order's position side does not match"),
        ({"symbol": "ETHUSDT"}, -1121, "Invalid symbol."),
    ],
)
def test_a_bad_stop_is_refused_as_by_binance(trader: Trader, params: dict[str, Any], code: int, words: str) -> None:
    """A bad conditional order is answered with the code of Binance futures, and no order is placed."""
    status, answer = algo(trader, **params)
    assert (status, answer["code"]) == (400, code)
    assert words in answer["msg"]
    assert trader("GET", "/fapi/v1/openAlgoOrders") == (200, [])


def test_an_unknown_stop_is_reported(trader: Trader) -> None:
    """A query of an unknown stop is answered with -2013, a cancel with -2011, and a request without ids with -1102."""
    assert trader("GET", "/fapi/v1/algoOrder", algoId=999)[1]["code"] == -2013
    assert trader("GET", "/fapi/v1/algoOrder")[1]["code"] == -1102
    assert trader("DELETE", "/fapi/v1/algoOrder", algoId=999)[1]["code"] == -2011
    number = algo(trader, clientAlgoId="mine")[1]["algoId"]
    assert trader("GET", "/fapi/v1/algoOrder", clientAlgoId="mine")[1]["algoId"] == number


def test_the_state_lists_waiting_stops(trader: Trader, url: str) -> None:
    """The state lists a waiting stop, and a control call cancels it as by hand."""
    number = algo(trader)[1]["algoId"]
    assert ask(url, "/_control/state")[1]["stops"] == [
        {
            "order": number,
            "pair": PERPETUAL,
            "side": "SELL",
            "type": "STOP_MARKET",
            "stop": 59000,
            "limit": None,
            "quantity": 0.1,
            "working_type": "CONTRACT_PRICE",
            "status": "NEW",
        }
    ]
    assert control(url, "cancel", order=number)["status"] == "CANCELED"
    assert ask(url, "/_control/state")[1]["stops"] == []
    algo(trader)
    assert control(url, "cancel", pair=PERPETUAL)["status"] == "CANCELED"


def test_a_mark_price_belongs_to_a_perpetual(url: str) -> None:
    """The mark price of a spot pair cannot be moved."""
    status, answer = ask(url, "/_control/mark", "POST", {"pair": "BTC/USDT", "price": 1})
    assert status == 400
    assert "it must be a perpetual" in answer["error"]

"""The real ccxt places futures stops, which are conditional orders, at the venue, on both routes."""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import move_price
from tests.support.trader import ccxt_of, control
from tests.venue.conftest import PERPETUAL

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

STOP = 59000
AS_A_STOP = {"stop": True}
CLOSING = {"reduceOnly": True}


@pytest.fixture(params=["urls", "proxy"])
def futures(request: pytest.FixtureRequest, trading: tuple[Venue, str]) -> Iterator[Any]:
    """Return ccxt for futures with a long of 0.1, bought at 60000.01."""
    exchange = ccxt_of(*trading, request.param, futures=True)
    exchange.create_order(PERPETUAL, "market", "buy", 0.1)
    yield exchange
    exchange.session.close()


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


def sell_stop(futures: Any, amount: float = 0.1, stop: float = STOP, **params: object) -> Any:
    """Place a stop-market order as Freqtrade does."""
    params = {"stopPrice": stop, "reduceOnly": True, **params}
    return futures.create_order(PERPETUAL, "stop_market", "sell", amount, None, params)


def held(futures: Any) -> float:
    """Return the size of the position; 0 without one."""
    return sum(float(position["contracts"]) for position in futures.fetch_positions([PERPETUAL]))


def test_a_stop_waits_without_locking_anything(futures: Any) -> None:
    """A stop is open, shows its trigger price, locks no margin, and is listed only among conditional orders."""
    free = futures.fetch_balance()["USDT"]["free"]
    order = sell_stop(futures)
    assert (order["status"], order["stopPrice"], order["amount"], order["filled"]) == ("open", STOP, 0.1, 0)
    assert futures.fetch_balance()["USDT"]["free"] == free
    fetched = futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)
    assert (fetched["status"], fetched["stopPrice"], fetched["reduceOnly"]) == ("open", STOP, True)
    assert fetched["info"]["actualOrderId"] == ""
    assert futures.fetch_open_orders(PERPETUAL) == []
    assert [listed["id"] for listed in futures.fetch_open_orders(PERPETUAL, params=AS_A_STOP)] == [order["id"]]
    with pytest.raises(ccxt.OrderNotFound):
        futures.fetch_order(order["id"], PERPETUAL)


def test_a_stop_sells_at_market_when_the_price_reaches_it(futures: Any, url: str) -> None:
    """One tick above the stop nothing happens; at it or below, the position is sold at the price of that trade."""
    order = sell_stop(futures)
    move_price(url, PERPETUAL, STOP + 0.01)
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["status"] == "open"
    move_price(url, PERPETUAL, 58900)
    triggered = futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)
    assert (triggered["status"], triggered["info"]["algoStatus"]) == ("closed", "FINISHED")
    actual = futures.fetch_order(triggered["info"]["actualOrderId"], PERPETUAL)
    assert (actual["status"], actual["average"], actual["filled"], actual["side"]) == ("closed", 58900, 0.1, "sell")
    assert held(futures) == 0
    with pytest.raises(ccxt.OrderNotFound, match="-2011"):
        futures.cancel_order(order["id"], PERPETUAL, AS_A_STOP)


def test_a_stop_limit_rests_after_a_gap(futures: Any, url: str) -> None:
    """A triggered stop-limit order is TRIGGERED while its limit order rests, and FINISHED once that fills."""
    params = {"stopPrice": STOP, "reduceOnly": True}
    order = futures.create_order(PERPETUAL, "stop", "sell", 0.1, 58410, params)
    assert (order["status"], order["price"], order["stopPrice"]) == ("open", 58410, STOP)
    move_price(url, PERPETUAL, 58000)
    triggered = futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)
    assert triggered["info"]["algoStatus"] == "TRIGGERED"
    resting = futures.fetch_order(triggered["info"]["actualOrderId"], PERPETUAL)
    assert (resting["status"], resting["filled"], resting["price"]) == ("open", 0, 58410)
    assert held(futures) == 0.1
    move_price(url, PERPETUAL, 58500)
    assert futures.fetch_order(resting["id"], PERPETUAL)["average"] == 58410
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["info"]["algoStatus"] == "FINISHED"
    assert held(futures) == 0


def test_a_buy_stop_closes_a_short_at_the_ask(futures: Any, url: str) -> None:
    """A short's stop buys at the ask once the price rises to it."""
    futures.create_order(PERPETUAL, "market", "sell", 0.2)
    params = {"stopPrice": 61000, "reduceOnly": True}
    order = futures.create_order(PERPETUAL, "stop_market", "buy", 0.1, None, params)
    move_price(url, PERPETUAL, 60999.99)
    assert held(futures) == 0.1
    move_price(url, PERPETUAL, 61000)
    triggered = futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)
    assert futures.fetch_order(triggered["info"]["actualOrderId"], PERPETUAL)["average"] == 61000.01
    assert held(futures) == 0


def test_a_stop_on_the_mark_price_ignores_trades(futures: Any, url: str) -> None:
    """With workingType MARK_PRICE, only the mark price triggers, and the order fills at the last price."""
    order = sell_stop(futures, workingType="MARK_PRICE")
    last_price_stop = sell_stop(futures, stop=58000)
    control(url, "mark", pair=PERPETUAL, price=59000.01)
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["status"] == "open"
    control(url, "mark", pair=PERPETUAL, price=57000)
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["info"]["actualPrice"] == "60000.00000000"
    assert futures.fetch_order(last_price_stop["id"], PERPETUAL, AS_A_STOP)["status"] == "open"


def test_a_canceled_stop_does_not_trigger(futures: Any, url: str) -> None:
    """A canceled stop answers without a status, is canceled when fetched, and does not trigger."""
    order = sell_stop(futures)
    answer = futures.cancel_order(order["id"], PERPETUAL, AS_A_STOP)
    info = {"algoId": int(order["id"]), "clientAlgoId": order["clientOrderId"], "code": "200", "msg": "success"}
    assert (answer["info"], answer["status"]) == (info, None)
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["status"] == "canceled"
    move_price(url, PERPETUAL, 50000)
    assert held(futures) == 0.1


def test_a_reduce_only_stop_outlives_its_position(futures: Any, url: str) -> None:
    """As at Binance, closing the position leaves a reduce-only stop open; without a position, it is rejected."""
    order = sell_stop(futures)
    futures.create_order(PERPETUAL, "market", "sell", 0.1, None, CLOSING)
    assert futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["status"] == "open"
    move_price(url, PERPETUAL, 58000)
    rejected = futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)
    assert (rejected["status"], rejected["info"]["actualOrderId"]) == ("rejected", "")
    assert held(futures) == 0


def test_two_stops_of_one_position_sell_it_once(futures: Any, url: str) -> None:
    """The second of two reduce-only stops for one position is rejected and opens no short."""
    first, second = sell_stop(futures), sell_stop(futures, stop=58900)
    move_price(url, PERPETUAL, 58000)
    statuses = [futures.fetch_order(order["id"], PERPETUAL, AS_A_STOP)["status"] for order in (first, second)]
    assert statuses == ["closed", "rejected"]
    assert held(futures) == 0


def test_canceling_all_orders_spares_stops(futures: Any) -> None:
    """The cancel_all_orders of ccxt cancels limit orders only; with `trigger` it cancels stops only."""
    limit, stop = futures.create_order(PERPETUAL, "limit", "sell", 0.1, 61000, CLOSING), sell_stop(futures)
    futures.cancel_all_orders(PERPETUAL)
    assert futures.fetch_order(limit["id"], PERPETUAL)["status"] == "canceled"
    assert futures.fetch_order(stop["id"], PERPETUAL, AS_A_STOP)["status"] == "open"
    futures.cancel_all_orders(PERPETUAL, {"trigger": True})
    assert futures.fetch_order(stop["id"], PERPETUAL, AS_A_STOP)["status"] == "canceled"

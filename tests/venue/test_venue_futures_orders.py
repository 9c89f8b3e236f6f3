"""The real ccxt trades USD-M futures at the venue, on both routes."""

import itertools
from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import move_price
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import PERPETUAL

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

FEE, MAKER_FEE = 0.0005, 0.0002
ASK = 60000.01
CLOSING = {"reduceOnly": True}


@pytest.fixture(params=["urls", "proxy"])
def futures(request: pytest.FixtureRequest, trading: tuple[Venue, str]) -> Iterator[Any]:
    """Return ccxt for futures with keys, at a leverage of 10."""
    exchange = ccxt_of(*trading, request.param, futures=True)
    exchange.set_margin_mode("isolated", PERPETUAL)
    exchange.set_leverage(10, PERPETUAL)
    yield exchange
    exchange.session.close()


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def trader(url: str) -> Trader:
    """Return a client that signs requests by hand."""
    return Trader(url)


def near(value: float) -> Any:
    """Return a value to compare within 2e-08: Binance rounds to eight decimals."""
    return pytest.approx(value, abs=2e-8)


def balance(futures: Any) -> tuple[float, float, float]:
    """Return the free, used and total balance."""
    amounts = futures.fetch_balance()["USDT"]
    return amounts["free"], amounts["used"], amounts["total"]


def position(futures: Any) -> Any:
    """Return the open position; None without one."""
    found = futures.fetch_positions([PERPETUAL])
    assert len(found) <= 1
    return found[0] if found else None


def test_a_long_is_opened_and_closed(futures: Any, url: str) -> None:
    """A long pays the ask and a fee in USDT, locks a tenth of its notional, and realizes its profit when closed."""
    order = futures.create_order(PERPETUAL, "market", "buy", 0.1)
    assert (order["status"], order["average"], order["filled"]) == ("closed", ASK, 0.1)
    fee = 0.1 * ASK * FEE
    held = position(futures)
    assert (held["side"], held["contracts"], held["entryPrice"]) == ("long", 0.1, ASK)
    assert (held["marginMode"], held["initialMargin"]) == ("isolated", near(600.0001))
    assert held["unrealizedPnl"] == near(-0.001)
    assert balance(futures) == (near(10000 - 600.0001 - fee), near(600.0001), near(10000 - fee - 0.001))
    (trade,) = futures.fetch_my_trades(PERPETUAL)
    assert trade["fee"] == {"cost": near(fee), "currency": "USDT"}
    assert (trade["order"], trade["takerOrMaker"], trade["side"]) == (order["id"], "taker", "buy")

    move_price(url, PERPETUAL, 61000)
    assert position(futures)["unrealizedPnl"] == near(0.1 * (61000 - ASK))
    closed = futures.create_order(PERPETUAL, "market", "sell", 0.1, None, CLOSING)
    assert (closed["average"], closed["reduceOnly"]) == (61000, True)
    assert position(futures) is None
    total = 10000 - fee + 0.1 * (61000 - ASK) - 6100 * FEE
    assert balance(futures) == (near(total), 0, near(total))
    assert float(futures.fetch_my_trades(PERPETUAL)[-1]["info"]["realizedPnl"]) == near(0.1 * (61000 - ASK))


def test_a_short_is_opened_and_bought_back(futures: Any, url: str) -> None:
    """A short sells at the bid, gains when the price falls, and is bought back at the ask."""
    futures.create_order(PERPETUAL, "market", "sell", 0.1)
    held = position(futures)
    assert (held["side"], held["contracts"], held["entryPrice"]) == ("short", 0.1, 60000)
    assert held["liquidationPrice"] > 64000
    move_price(url, PERPETUAL, 59000)
    assert position(futures)["unrealizedPnl"] == near(100)
    futures.create_order(PERPETUAL, "market", "buy", 0.1, None, CLOSING)
    assert position(futures) is None
    total = 10000 - 6000 * FEE + 0.1 * (60000 - 59000.01) - 5900.001 * FEE
    assert balance(futures)[2] == near(total)


def test_a_limit_order_rests_and_fills_in_parts(futures: Any, url: str) -> None:
    """A resting short locks margin, and its partial fills build the position at the maker fee."""
    order = futures.create_order(PERPETUAL, "limit", "sell", 0.1, 60100)
    assert order["status"] == "open"
    locked = 6010 * (1 / 10 + FEE)
    assert balance(futures) == (near(10000 - locked), near(locked), 10000)
    control(url, "fill", pair=PERPETUAL, quantity=0.04)
    part = futures.fetch_order(order["id"], PERPETUAL)
    assert (part["status"], part["filled"], part["average"]) == ("open", 0.04, 60100)
    assert position(futures)["contracts"] == 0.04
    assert position(futures)["initialMargin"] == near(240.4 + 0.6 * locked)
    move_price(url, PERPETUAL, 60100)
    assert futures.fetch_order(order["id"], PERPETUAL)["status"] == "closed"
    assert position(futures)["entryPrice"] == 60100
    assert balance(futures)[2] == near(10000 - 6010 * MAKER_FEE)
    assert {trade["takerOrMaker"] for trade in futures.fetch_my_trades(PERPETUAL)} == {"maker"}


def test_a_canceled_order_frees_its_margin(futures: Any) -> None:
    """A canceled order frees its margin."""
    order = futures.create_order(PERPETUAL, "limit", "buy", 0.1, 59900)
    assert [resting["id"] for resting in futures.fetch_open_orders(PERPETUAL)] == [order["id"]]
    canceled = futures.cancel_order(order["id"], PERPETUAL)
    assert (canceled["status"], canceled["filled"]) == ("canceled", 0)
    assert balance(futures) == (10000, 0, 10000)
    assert [listed["status"] for listed in futures.fetch_orders(PERPETUAL)] == ["canceled"]


def test_entries_are_averaged_and_exits_realize_their_part(futures: Any, url: str) -> None:
    """Two buys have their average price; selling half realizes half the profit and frees half the margin."""
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    move_price(url, PERPETUAL, 58000)
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    average = (ASK + 58000.01) / 2
    assert position(futures)["entryPrice"] == near(average)
    margin = position(futures)["initialMargin"]
    assert margin == near(0.2 * average / 10)
    move_price(url, PERPETUAL, 60000)
    futures.create_order(PERPETUAL, "market", "sell", 0.1, None, CLOSING)
    assert position(futures)["initialMargin"] == near(margin / 2)
    assert position(futures)["entryPrice"] == near(average)
    assert float(futures.fetch_my_trades(PERPETUAL)[-1]["info"]["realizedPnl"]) == near(0.1 * (60000 - average))


def test_an_order_beyond_the_position_reverses_it(futures: Any) -> None:
    """Selling twice the long leaves a short of its size; with reduceOnly, the excess quantity expires."""
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    futures.create_order(PERPETUAL, "market", "sell", 0.2)
    held = position(futures)
    assert (held["side"], held["contracts"], held["entryPrice"]) == ("short", 0.1, 60000)
    order = futures.create_order(PERPETUAL, "market", "buy", 0.3, None, CLOSING)
    assert (order["status"], order["filled"]) == ("expired", 0.1)
    assert position(futures) is None


def test_reduce_only_never_opens(trader: Trader, url: str) -> None:
    """A reduce-only order without a position is refused; a resting one locks nothing and expires with the position."""
    order = {"symbol": "BTCUSDT", "quantity": "0.1", "newOrderRespType": "RESULT"}
    sell = {**order, "side": "SELL", "reduceOnly": "true"}
    assert trader("POST", "/fapi/v1/order", **sell, type="MARKET")[1] == {
        "code": -2022,
        "msg": "ReduceOnly Order is rejected.",
    }
    trader("POST", "/fapi/v1/order", **order, side="BUY", type="MARKET")
    assert trader("POST", "/fapi/v1/order", **{**sell, "side": "BUY"}, type="MARKET")[1]["code"] == -2022
    resting = trader("POST", "/fapi/v1/order", **sell, type="LIMIT", timeInForce="GTC", price="61000")[1]
    assert resting["status"] == "NEW"
    assert float(trader("GET", "/fapi/v3/account")[1]["assets"][0]["openOrderInitialMargin"]) == 0
    trader("POST", "/fapi/v1/order", **sell, type="MARKET")
    expired = trader("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=resting["orderId"])[1]
    assert expired["status"] == "EXPIRED"
    move_price(url, PERPETUAL, 62000)
    assert trader("GET", "/fapi/v3/positionRisk") == (200, [])


def test_an_order_without_margin_is_refused(futures: Any, trader: Trader) -> None:
    """An order beyond the free balance times leverage is refused with -2019, also if another order locks it."""

    def place(quantity: str) -> tuple[int, Any]:
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}
        return trader("POST", "/fapi/v1/order", **order, quantity=quantity)

    assert place("1.7") == (400, {"code": -2019, "msg": "Margin is insufficient."})
    assert place("0.9")[0] == 200
    assert place("0.9")[1]["code"] == -2019
    assert len(futures.fetch_open_orders(PERPETUAL)) == 1


def test_a_full_position_can_always_be_closed(trader: Trader) -> None:
    """Closing a long that uses nearly all margin needs no further margin, even without reduceOnly."""
    order = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "3.2"}
    assert trader("POST", "/fapi/v1/order", **order, side="BUY")[0] == 200
    assert trader("POST", "/fapi/v1/order", **order, side="SELL")[0] == 200
    assert trader("GET", "/fapi/v3/positionRisk") == (200, [])


def test_a_loss_is_at_most_the_margin(futures: Any, url: str) -> None:
    """Closing a position beyond its liquidation price loses its margin and no more."""
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    free = balance(futures)[0]
    move_price(url, PERPETUAL, 50000)
    futures.create_order(PERPETUAL, "market", "sell", 0.1, None, CLOSING)
    assert balance(futures) == (near(free), 0, near(free))


def test_the_account_is_one_way_and_isolated(futures: Any, trader: Trader) -> None:
    """The account is one-way and single-asset; margin type is set once; an open position blocks lower leverage."""
    assert trader("GET", "/fapi/v1/positionSide/dual") == (200, {"dualSidePosition": False})
    assert trader("GET", "/fapi/v1/multiAssetsMargin") == (200, {"multiAssetsMargin": False})
    answer = trader("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    assert answer == (400, {"code": -4046, "msg": "No need to change margin type."})
    assert trader("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="CROSSED")[1]["code"] == -1130
    assert trader("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=126)[1]["code"] == -4028
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    assert trader("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=5)[1]["code"] == -4161
    assert trader("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=20)[1]["leverage"] == 20
    (held,) = trader("GET", "/fapi/v2/positionRisk")[1]
    assert (held["leverage"], held["marginType"]) == ("20", "isolated")


def test_leverage_tiers(futures: Any) -> None:
    """From tier to tier, the maintenance margin is continuous and the leverage falls."""
    tiers = futures.fetch_leverage_tiers([PERPETUAL])[PERPETUAL]
    assert (tiers[0]["minNotional"], tiers[0]["maxLeverage"]) == (0, 125)
    for lower, upper in itertools.pairwise(tiers):
        assert lower["maxNotional"] == upper["minNotional"]
        assert lower["maxLeverage"] > upper["maxLeverage"]
        size = upper["minNotional"]
        below = size * lower["maintenanceMarginRate"] - float(lower["info"]["cum"])
        assert size * upper["maintenanceMarginRate"] - float(upper["info"]["cum"]) == pytest.approx(below)


def test_income_lists_profits_and_fees(futures: Any, trader: Trader, url: str) -> None:
    """Income lists the profit and fee of each fill, and no funding."""
    futures.create_order(PERPETUAL, "market", "buy", 0.1)
    move_price(url, PERPETUAL, 61000)
    futures.create_order(PERPETUAL, "market", "sell", 0.1, None, CLOSING)
    profits = trader("GET", "/fapi/v1/income", incomeType="REALIZED_PNL")[1]
    assert [float(row["income"]) for row in profits] == [0, near(0.1 * (61000 - ASK))]
    fees = trader("GET", "/fapi/v1/income", incomeType="COMMISSION", symbol="BTCUSDT")[1]
    assert [float(row["income"]) for row in fees] == [near(-0.1 * ASK * FEE), near(-6100 * FEE)]
    assert trader("GET", "/fapi/v1/income", startTime=fees[-1]["time"] + 1) == (200, [])
    assert futures.fetch_funding_history(PERPETUAL) == []


def test_an_unknown_order_is_ccxt_s_order_not_found(futures: Any) -> None:
    """A query of an unknown order is answered with -2013, and a cancel with -2011."""
    with pytest.raises(ccxt.OrderNotFound, match="-2013"):
        futures.fetch_order("999", PERPETUAL)
    with pytest.raises(ccxt.OrderNotFound, match="-2011"):
        futures.cancel_order("999", PERPETUAL)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"quantity": "0"}, -4003, "Quantity less than or equal to zero."),
        ({"quantity": "10001"}, -4005, "Quantity greater than max quantity."),
        ({"quantity": "0.000015"}, -1111, "Precision is over the maximum"),
        ({"price": "59900.001"}, -1111, "Precision is over the maximum"),
        ({"price": "0"}, -4001, "Price less than 0."),
        ({"price": "1000001"}, -4002, "Price greater than max."),
        ({"quantity": "0.00008"}, -4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
        ({"positionSide": "LONG"}, -4061, "Order's position side does not match user's setting."),
        ({"type": "STOP_MARKET"}, -4120, "Please use the Algo Order API endpoints instead."),
        ({"symbol": "ETHUSDT"}, -1121, "Invalid symbol."),
    ],
)
def test_a_bad_order_is_refused_as_by_binance(trader: Trader, params: dict[str, str], code: int, words: str) -> None:
    """A bad order is answered with the code and message of Binance futures, and no order is placed."""
    good = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    status, answer = trader("POST", "/fapi/v1/order", **{**good, "price": "59900", **params})
    assert (status, answer["code"]) == (400, code)
    assert words in answer["msg"]
    assert trader("GET", "/fapi/v1/openOrders") == (200, [])

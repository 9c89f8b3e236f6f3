"""Filters refuse as Binance does, announce their numbers, and control calls change them; BNB may pay fees."""

from typing import Any

import pytest

from robustop_plugin.venue.market import Market
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import PERPETUAL, SPOT

FILTER = "Filter failure: "


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def trader(url: str) -> Trader:
    """Return a client that signs requests by hand."""
    return Trader(url)


def place(trader: Trader, path: str, **params: object) -> tuple[int, Any]:
    """Place a limit buy of 0.01 at 50000; parameters replace its own."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    return trader("POST", path, **{**order, "price": "50000", **params})


def announced(url: str, path: str, kind: str) -> Any:
    """Return a filter of BTCUSDT in exchangeInfo."""
    (symbol,) = (row for row in ask(url, path)[1]["symbols"] if row["symbol"] == "BTCUSDT")
    return next(entry for entry in symbol["filters"] if entry["filterType"] == kind)


def test_spot_prices_far_away_are_refused(trader: Trader, url: str) -> None:
    """A limit price is within a fifth and five times the last price; narrower bounds can be set."""
    assert place(trader, "/api/v3/order", price="11999.99")[1] == {
        "code": -1013,
        "msg": FILTER + "PERCENT_PRICE_BY_SIDE",
    }
    assert place(trader, "/api/v3/order", price="12000")[0] == 200
    answer = control(url, "limits", pair=SPOT, percent_up=1.1, percent_down=0.95)
    assert (answer["percent_up"], answer["percent_down"], answer["stops"]) == (1.1, 0.95, 5)
    assert place(trader, "/api/v3/order", price="56999.99")[1]["msg"] == FILTER + "PERCENT_PRICE_BY_SIDE"
    assert place(trader, "/api/v3/order", price="57000")[0] == 200
    shown = announced(url, "/api/v3/exchangeInfo", "PERCENT_PRICE_BY_SIDE")
    assert (shown["askMultiplierUp"], shown["bidMultiplierDown"]) == ("1.1", "0.95")


def test_a_stop_whose_limit_is_far_away_is_refused(trader: Trader, url: str) -> None:
    """The limit of a stop order is checked like any other price."""
    control(url, "limits", pair=SPOT, percent_down=0.98)
    place(trader, "/api/v3/order", type="MARKET", quantity="0.1")
    stop = {"type": "STOP_LOSS_LIMIT", "side": "SELL", "stopPrice": "59000"}
    assert place(trader, "/api/v3/order", **stop, price="58410")[1]["msg"] == FILTER + "PERCENT_PRICE_BY_SIDE"
    assert place(trader, "/api/v3/order", **stop, price="58800")[0] == 200


def test_futures_prices_far_away_are_refused(trader: Trader, url: str) -> None:
    """A buy is at most 5 % above the mark price, a sell 5 % below; market orders are bound by the best offer."""
    order = "/fapi/v1/order"
    assert place(trader, order, price="63000.01")[1] == {
        "code": -4016,
        "msg": "Limit price can't be higher than 63000.",
    }
    assert place(trader, order, side="SELL", price="56999.99")[1] == {
        "code": -4024,
        "msg": "Limit price can't be lower than 57000.",
    }
    assert place(trader, order, price="30000")[0] == 200
    assert place(trader, order, side="SELL", price="90000")[0] == 200
    control(url, "mark", pair=PERPETUAL, price=50000)
    assert place(trader, order, type="MARKET")[1]["code"] == -4131
    assert place(trader, order, type="MARKET", side="SELL")[0] == 200


def test_a_stop_that_the_filter_stops_is_rejected(trader: Trader, url: str) -> None:
    """A futures stop that triggers while the best offer is too far from the mark price ends rejected; nothing sells."""
    trader("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    stop = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "workingType": "MARK_PRICE", "triggerPrice": "64000"}
    buy = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
    stop_buy = trader("POST", "/fapi/v1/algoOrder", **stop, **buy)[1]["algoId"]
    control(url, "limits", pair=PERPETUAL, percent_up=0.9)
    control(url, "mark", pair=PERPETUAL, price=64000)
    assert trader("GET", "/fapi/v1/algoOrder", algoId=stop_buy)[1]["algoStatus"] == "REJECTED"
    assert ask(url, "/_control/state")[1]["positions"][PERPETUAL]["amount"] == 0.01


@pytest.mark.parametrize(
    ("path", "pair", "refused"),
    [
        ("/api/v3/order", SPOT, {"code": -1013, "msg": FILTER + "MAX_NUM_ORDERS"}),
        ("/fapi/v1/order", PERPETUAL, {"code": -2025, "msg": "Reach max open order limit."}),
    ],
)
def test_open_orders_are_limited(trader: Trader, url: str, path: str, pair: str, refused: dict[str, Any]) -> None:
    """Beyond the number of open orders, limit orders are refused and market orders are not."""
    control(url, "limits", pair=pair, orders=2)
    assert [place(trader, path)[0] for _ in range(2)] == [200, 200]
    assert place(trader, path) == (400, refused)
    assert place(trader, path, type="MARKET")[0] == 200


def test_stops_are_limited(trader: Trader, url: str) -> None:
    """With no stops allowed, the first one is refused, on spot and futures; exchangeInfo announces the numbers."""
    for pair in (SPOT, PERPETUAL):
        control(url, "limits", pair=pair, stops=0)
    place(trader, "/api/v3/order", type="MARKET")
    stop = {"type": "STOP_LOSS_LIMIT", "side": "SELL", "stopPrice": "59000", "price": "58000", "quantity": "0.009"}
    assert place(trader, "/api/v3/order", **stop)[1]["msg"] == FILTER + "MAX_NUM_ALGO_ORDERS"
    algo = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "side": "SELL", "triggerPrice": "59000"}
    assert place(trader, "/fapi/v1/algoOrder", **algo)[1]["code"] == -4045
    assert announced(url, "/api/v3/exchangeInfo", "MAX_NUM_ALGO_ORDERS")["maxNumAlgoOrders"] == 0
    assert announced(url, "/fapi/v1/exchangeInfo", "MAX_NUM_ALGO_ORDERS")["limit"] == 0


def test_the_smallest_order_is_set(trader: Trader, url: str, trading: tuple[Venue, str]) -> None:
    """A larger minimum refuses orders below it, and ccxt reads it as the market's limit."""
    control(url, "limits", pair=SPOT, minimum_notional=600)
    control(url, "limits", pair=PERPETUAL, minimum_notional=100)
    assert place(trader, "/api/v3/order")[1]["msg"] == FILTER + "NOTIONAL"
    assert place(trader, "/api/v3/order", quantity="0.012")[0] == 200
    assert place(trader, "/fapi/v1/order", quantity="0.0019")[1]["code"] == -4164
    for pair, least in ((SPOT, 600), (PERPETUAL, 100)):
        exchange = ccxt_of(*trading, "urls", futures=pair == PERPETUAL)
        assert exchange.market(pair)["limits"]["cost"]["min"] == least
        exchange.session.close()


def test_bnb_pays_the_fee(trader: Trader, url: str) -> None:
    """At a BNB price of 600, buying for 600.0001 costs 0.075 %: 0.00075 BNB; the coins arrive whole."""
    control(url, "transfer", account="spot", coin="BNB", amount=0.001)
    control(url, "fees", bnb_price=600)
    (fill,) = place(trader, "/api/v3/order", type="MARKET")[1]["fills"]
    assert (fill["commission"], fill["commissionAsset"]) == ("0.00075000", "BNB")
    balances = ask(url, "/_control/state")[1]["balances"]["spot"]
    assert (balances["BTC"]["free"], balances["BNB"]["free"]) == (0.01, 0.00025)
    assert ask(url, "/_control/ledger")[1]["balanced"]


def test_without_enough_bnb_the_received_coin_pays(trader: Trader, url: str) -> None:
    """A fee beyond the BNB in the account is taken from the received coin, as is any fee once BNB no longer pays."""
    control(url, "transfer", account="spot", coin="BNB", amount=0.0007)
    control(url, "fees", bnb_price=600)
    assert place(trader, "/api/v3/order", type="MARKET")[1]["fills"][0]["commissionAsset"] == "BTC"
    control(url, "fees", bnb_price=None)
    assert (
        place(trader, "/api/v3/order", type="MARKET", side="SELL", quantity="0.005")[1]["fills"][0]["commissionAsset"]
        == "USDT"
    )


@pytest.mark.parametrize(
    ("what", "request_", "words"),
    [
        ("limits", {"stops": 1}, "it must be an object with pair"),
        ("limits", {"pair": SPOT, "weight": 1}, "it must be an object with pair"),
        ("limits", {"pair": SPOT, "stops": -1}, "a whole number of at least 0"),
        ("limits", {"pair": SPOT, "stops": 1, "percent_up": 0}, "percent_up was 0"),
        ("fees", {"bnb_price": 0}, "it must be a number above 0"),
        ("fees", {}, "it must be an object with bnb_price"),
    ],
)
def test_an_invalid_limit_is_refused(url: str, what: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and changes nothing."""
    status, answer = ask(url, f"/_control/{what}", "POST", request_)
    assert status == 400
    assert words in answer["error"]
    assert announced(url, "/api/v3/exchangeInfo", "MAX_NUM_ALGO_ORDERS")["maxNumAlgoOrders"] == 5


def test_the_largest_order_of_a_cheap_coin_is_worth_as_much() -> None:
    """A coin of 0.00001 can be bought for thousands: largest quantities do not depend on the step of one coin alone."""
    market = Market("PEPE/USDT:USDT", "PEPE", "USDT", 0.00000001, 1.0, settle="USDT")
    with Venue([market]).serve() as url:
        (symbol,) = ask(url, "/fapi/v1/exchangeInfo")[1]["symbols"]
    largest = {entry["filterType"]: float(entry["maxQty"]) for entry in symbol["filters"] if "maxQty" in entry}
    assert largest == {"LOT_SIZE": 1e10, "MARKET_LOT_SIZE": 1.2e9}

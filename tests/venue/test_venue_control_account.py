"""Control calls trade by hand, move money, pay funding and close positions as the exchange does; the ledger agrees."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from robustop_plugin.venue.server import Venue
from tests.support.bot import ask, move_price
from tests.support.trader import Trader, ccxt_of, control
from tests.venue.conftest import PERPETUAL, SPOT

ASK = 60000.01


@pytest.fixture
def url(trading: tuple[Venue, str]) -> str:
    """Return the venue's URL."""
    return trading[1]


@pytest.fixture
def trader(url: str) -> Trader:
    """Return a client that signs requests by hand."""
    return Trader(url)


@pytest.fixture
def long(trader: Trader) -> None:
    """Buy 0.1 of the perpetual at 60000.01, at the default leverage of 20: a margin of 300.00005."""
    trader("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")


def ledger(url: str) -> Any:
    """Return the ledger, which must be balanced."""
    answer = ask(url, "/_control/ledger")[1]
    assert (answer["balanced"], answer["problems"]) == (True, [])
    return answer


def state(url: str) -> Any:
    """Return the venue's state."""
    return ask(url, "/_control/state")[1]


def test_a_person_sells_beside_the_bot(trader: Trader, url: str) -> None:
    """A trade by hand fills at market, shows up in the account, and is refused while a stop locks the coins."""
    bought = control(url, "trade", pair=SPOT, side="BUY", quantity=0.1)
    assert (bought["status"], bought["filled"], bought["price"]) == ("FILLED", 0.1, ASK)
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC"}
    prices = {"quantity": "0.0999", "stopPrice": "59000", "price": "58410"}
    assert trader("POST", "/api/v3/order", **stop, **prices)[0] == 200
    status, answer = ask(url, "/_control/trade", "POST", {"pair": SPOT, "side": "SELL", "quantity": 0.09})
    assert (status, answer["error"]) == (400, "Account has insufficient balance for requested action.")
    control(url, "cancel", pair=SPOT)
    assert control(url, "trade", pair=SPOT, side="SELL", quantity=0.09)["price"] == 60000
    orders = trader("GET", "/api/v3/allOrders", symbol="BTCUSDT")[1]
    assert [order["clientOrderId"] for order in orders if order["type"] == "MARKET"] == ["web_venue"] * 2
    ledger(url)


def test_a_person_closes_a_position(long: None, url: str) -> None:
    """A position sold by hand is gone, at the last price."""
    assert control(url, "trade", pair=PERPETUAL, side="SELL", quantity=0.1)["price"] == 60000
    assert state(url)["positions"] == {}
    ledger(url)


def test_money_is_deposited_and_withdrawn(url: str) -> None:
    """Deposits add to an account, withdrawals take at most what is free, and both are in the ledger."""
    assert control(url, "transfer", account="spot", coin="BTC", amount=0.5)["total"] == 0.5
    assert control(url, "transfer", account="spot", coin="BTC", amount=-0.2)["total"] == 0.3
    assert control(url, "transfer", account="futures", coin="USDT", amount=-9000)["total"] == 1000
    for account, coin, amount in (("spot", "BTC", -0.30001), ("futures", "USDT", -1000.01), ("spot", "ETH", -1)):
        request = {"account": account, "coin": coin, "amount": amount}
        status, answer = ask(url, "/_control/transfer", "POST", request)
        assert status == 400
        assert "are free" in answer["error"]
    totals = ledger(url)["totals"]
    assert {coin: float(amount) for coin, amount in totals["spot"].items()} == {"USDT": 10000, "BTC": 0.3}
    assert float(totals["futures"]["USDT"]) == 1000
    assert {coin: float(amount) for coin, amount in totals["outside"].items()} == {"USDT": -11000, "BTC": -0.3}


def test_locked_money_stays(trader: Trader, url: str) -> None:
    """What open orders lock cannot be withdrawn."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    trader("POST", "/api/v3/order", **order, quantity="0.1", price="50000")
    status, answer = ask(url, "/_control/transfer", "POST", {"account": "spot", "coin": "USDT", "amount": -5000.01})
    assert status == 400
    assert "only 5000.0 USDT are free" in answer["error"]
    control(url, "transfer", account="spot", coin="USDT", amount=-5000)


def test_funding_is_paid_by_longs(long: None, url: str, trading: tuple[Venue, str]) -> None:
    """A long of 0.1 at a mark price of 61000 pays 6.10 at 0.1 %, and receives it at -0.1 %; income lists both."""
    move_price(url, PERPETUAL, 61000)
    before = state(url)["balances"]["futures"]["USDT"]
    assert control(url, "funding", pair=PERPETUAL, rate=0.001)["received"] == -6.1
    after = state(url)
    assert after["positions"][PERPETUAL]["margin"] == pytest.approx(300.00005 - 6.1)
    assert after["balances"]["futures"]["USDT"]["free"] == before["free"]
    assert control(url, "funding", pair=PERPETUAL, rate=-0.001)["received"] == 6.1
    exchange = ccxt_of(*trading, "urls", futures=True)
    assert [row["amount"] for row in exchange.fetch_funding_history(PERPETUAL)] == [-6.1, 6.1]
    exchange.session.close()
    funding = ledger(url)["totals"]["funding"]
    assert float(funding["USDT"]) == 0


def test_funding_takes_no_more_than_the_margin(long: None, url: str) -> None:
    """A payment beyond the margin of the position takes only the margin."""
    assert control(url, "funding", pair=PERPETUAL, rate=0.1)["received"] == -300.00005
    assert state(url)["positions"][PERPETUAL]["margin"] == 0
    ledger(url)


def test_a_liquidation_closes_the_position(long: None, trader: Trader, url: str) -> None:
    """A liquidation expires open orders, sells the position as Binance's own order, and leaves stops to be rejected."""
    order = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "reduceOnly": "true"}
    limit = trader("POST", "/fapi/v1/order", **order, type="LIMIT", timeInForce="GTC", price="66000")[1]["orderId"]
    stop = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "triggerPrice": "50000"}
    number = trader("POST", "/fapi/v1/algoOrder", **order, **stop)[1]["algoId"]
    move_price(url, PERPETUAL, 57500)
    closed = control(url, "reduce", pair=PERPETUAL, reason="liquidation")
    assert (closed["status"], closed["filled"], closed["price"]) == ("FILLED", 0.1, 57500)
    found = trader("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=closed["order"])[1]
    assert found["clientOrderId"].startswith("autoclose-")
    assert trader("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=limit)[1]["status"] == "EXPIRED"
    assert trader("GET", "/fapi/v1/algoOrder", algoId=number)[1]["algoStatus"] == "NEW"
    move_price(url, PERPETUAL, 50000)
    assert trader("GET", "/fapi/v1/algoOrder", algoId=number)[1]["algoStatus"] == "REJECTED"
    ledger(url)


def test_a_delisted_position_is_settled(long: None, url: str) -> None:
    """After a delisting nobody can trade, but the exchange settles the position."""
    control(url, "listing", pair=PERPETUAL, delist_in=0)
    assert ask(url, "/_control/trade", "POST", {"pair": PERPETUAL, "side": "SELL", "quantity": 0.1})[0] == 400
    assert control(url, "reduce", pair=PERPETUAL, reason="settlement")["filled"] == 0.1
    assert state(url)["positions"] == {}
    ledger(url)


def test_a_deleveraging_takes_a_part(long: None, url: str) -> None:
    """An auto-deleveraging reduces the position by a quantity."""
    control(url, "reduce", pair=PERPETUAL, reason="adl", quantity=0.04)
    assert state(url)["positions"][PERPETUAL]["amount"] == 0.06
    ledger(url)


@pytest.mark.parametrize(
    ("what", "request_", "words"),
    [
        ("trade", {"pair": SPOT, "side": "sell", "quantity": 1}, "it must be BUY or SELL"),
        ("trade", {"pair": SPOT, "side": "SELL", "quantity": 0}, "a number above 0"),
        ("trade", {"pair": SPOT, "side": "SELL"}, "it must be an object with pair, quantity, side"),
        ("trade", {"pair": SPOT, "side": "SELL", "quantity": 0.000001}, "LOT_SIZE"),
        ("transfer", {"account": "margin", "coin": "BTC", "amount": 1}, "account must be spot or futures"),
        ("transfer", {"account": "spot", "coin": "", "amount": 1}, "coin a currency"),
        ("transfer", {"account": "spot", "coin": "BTC", "amount": "x"}, "amount was 'x'"),
        ("funding", {"pair": SPOT, "rate": 0.1}, "it must be a perpetual"),
        ("funding", {"pair": PERPETUAL, "rate": 0.1}, "it has no position"),
        ("reduce", {"pair": PERPETUAL, "reason": "fun"}, "it must be liquidation, adl, settlement"),
        ("reduce", {"pair": PERPETUAL, "reason": "adl"}, "it has no position"),
    ],
)
def test_an_invalid_account_request_is_refused(url: str, what: str, request_: object, words: str) -> None:
    """An invalid request is answered with a sentence that names the error, and changes nothing."""
    before = state(url)
    status, answer = ask(url, f"/_control/{what}", "POST", request_)
    assert status == 400
    assert words in answer["error"]
    assert {**state(url), "now": 0} == {**before, "now": 0}


def test_the_ledger_lists_every_side_of_a_fill(trader: Trader, url: str) -> None:
    """A spot buy takes USDT from the account and gives it coins, less a fee of 0.1 % in coins."""
    trader("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
    *deposits, fill = ledger(url)["transactions"]
    assert [(transaction["kind"], transaction["pair"]) for transaction in deposits] == [("deposit", None)] * 2
    assert (fill["kind"], fill["pair"], fill["fill"]) == ("fill", SPOT, state(url)["fills"][0]["fill"])
    sides = {(side["account"], side["coin"], Decimal(side["amount"])) for side in fill["entries"]}
    assert sides == {
        ("spot", "BTC", Decimal("0.1")),
        ("market", "BTC", Decimal("-0.1")),
        ("spot", "USDT", Decimal("-6000.001")),
        ("market", "USDT", Decimal("6000.001")),
        ("spot", "BTC", Decimal("-0.0001")),
        ("fees", "BTC", Decimal("0.0001")),
    }


def spend(venue: Venue) -> None:
    """Take money out of the spot account behind the ledger's back."""
    venue.exchange.wallet.totals["USDT"] -= 1


def forget(venue: Venue) -> None:
    """Lose the newest transaction."""
    venue.exchange.journal.transactions.pop()


def unbalance(venue: Venue) -> None:
    """Lose one side of the first transaction."""
    first = venue.exchange.journal.transactions[0]
    venue.exchange.journal.transactions[0] = first._replace(entries=first.entries[:1])


def grow(venue: Venue) -> None:
    """Enlarge a position behind the ledger's back."""
    venue.exchange.margin.positions["BTCUSDT"].amount += 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (spend, "the spot account holds 9999 USDT: its transactions sum to 10000"),
        (forget, "has no transaction"),
        (unbalance, "sums to 10000 USDT: it must be 0"),
        (grow, "the position in BTCUSDT is 1.1: its fills sum to 0.1"),
    ],
)
def test_the_audit_can_fail(
    trading: tuple[Venue, str], long: None, damage: Callable[[Venue], None], words: str
) -> None:
    """Each kind of damage is reported by a sentence."""
    damage(trading[0])
    answer = ask(trading[1], "/_control/ledger")[1]
    assert answer["balanced"] is False
    assert any(words in problem for problem in answer["problems"]), answer["problems"]

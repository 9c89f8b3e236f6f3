"""The coverage report measures how long a position had no live stop order, by a clock that the tests set."""

from typing import Any

import pytest

from robustop_plugin.venue import control, futures_algo, futures_orders, spot_orders
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask
from tests.venue.conftest import PERPETUAL, SLID_TO, SPOT, HandClock

ENDPOINTS = spot_orders.ENDPOINTS | futures_orders.ENDPOINTS | futures_algo.ENDPOINTS
SPOT_ORDER, ORDER, ALGO = "/api/v3/order", "/fapi/v1/order", "/fapi/v1/algoOrder"
TICKER = "/api/v3/ticker/bookTicker?symbol=BTCUSDT"


class Desk:
    """Trades at an exchange at chosen times.

    Attributes:
        exchange: the exchange.
    """

    def __init__(self, venue: Venue, clock: HandClock) -> None:
        """Set spot and perpetual to 60000."""
        self.exchange: Exchange = venue.exchange
        self._clock = clock
        self.move(60000)

    def at(self, second: float) -> None:
        """Set the clock to this many seconds after its start."""
        self._clock.now = SLID_TO + round(second * 1000)

    def move(self, price: float) -> None:
        """Trade spot and perpetual at a price."""
        for pair in (SPOT, PERPETUAL):
            control.move_price(self.exchange, {"pair": pair, "price": price})

    def send(self, method: str, path: str, **params: object) -> Any:
        """Return an endpoint's answer."""
        texts = {name: f"{value}" for name, value in params.items()}
        return ENDPOINTS[method, path](self.exchange, {"symbol": "BTCUSDT", **texts})

    def market(self, path: str, side: str, quantity: object) -> Any:
        """Place a market order."""
        return self.send("POST", path, side=side, type="MARKET", quantity=quantity)

    def spot_stop(self, quantity: object, stop: int = 59000, limit: int = 58000) -> int:
        """Place a spot sell stop; return its id."""
        prices = {"stopPrice": stop, "price": limit, "timeInForce": "GTC", "quantity": quantity}
        return int(self.send("POST", SPOT_ORDER, side="SELL", type="STOP_LOSS_LIMIT", **prices)["orderId"])

    def algo(self, side: str, trigger: int, **params: object) -> int:
        """Place a conditional futures order; return its id."""
        order = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "side": side, "triggerPrice": trigger}
        return int(self.send("POST", ALGO, **order, **params)["algoId"])


@pytest.fixture
def desk(venue: Venue, url: str, clock: HandClock) -> Desk:
    """Return a desk at the served venue."""
    return Desk(venue, clock)


def positions(url: str, gap: object = 10) -> list[Any]:
    """Return the reported positions."""
    status, answer = ask(url, f"/_control/coverage?gap={gap}")
    assert status == 200, answer
    found: list[Any] = answer["positions"]
    return found


def test_a_spot_position_is_uncovered_until_its_stop_rests(desk: Desk, url: str) -> None:
    """The time from the fill to the stop is uncovered; dust that a stop leaves over is not."""
    assert positions(url) == []
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.at(3)
    desk.spot_stop("0.0998")  # of 0.0999: the rest is worth 6, more than the smallest order of 5
    (held,) = positions(url)
    assert (held["pair"], held["begin"], held["end"]) == (SPOT, SLID_TO, None)
    assert (held["seconds"], held["uncovered_seconds"]) == (3, 3)
    desk.at(5)
    (held,) = positions(url)
    assert (held["seconds"], held["uncovered_seconds"], held["longest_uncovered"]) == (5, 5, 5)
    assert held["uncovered_by_amount"] == pytest.approx(3 + 2 * 0.0001 / 0.0999, abs=1e-6)
    desk.spot_stop("0.00009", stop=58900)  # now 0.00001 is left, worth 0.6
    desk.at(60)
    (held,) = positions(url)
    assert (held["seconds"], held["uncovered_seconds"]) == (60, 5)
    assert held["uncovered"] == [{"begin": SLID_TO, "end": SLID_TO + 5000, "seconds": 5, "share": 1}]


def test_a_trail_leaves_a_gap(desk: Desk, url: str) -> None:
    """Cancel and placement of a stop leave the time between them uncovered."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    number = desk.spot_stop("0.0999")
    desk.at(10)
    desk.send("DELETE", SPOT_ORDER, orderId=number)
    desk.at(10.25)
    desk.spot_stop("0.0999", stop=59500)
    desk.at(20)
    desk.move(59400)  # the stop sells everything
    desk.at(30)
    (held,) = positions(url)
    assert (held["end"], held["seconds"], held["uncovered_seconds"]) == (SLID_TO + 20_000, 20, 0.25)
    (gap,) = held["uncovered"]
    assert (gap["begin"], gap["end"]) == (SLID_TO + 10_000, SLID_TO + 10_250)


def test_a_triggered_stop_that_rests_protects_nothing(desk: Desk, url: str) -> None:
    """After a gap below the limit, the position is uncovered until the price returns and sells it."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.spot_stop("0.0999")
    desk.at(10)
    desk.move(57000)
    desk.at(24)
    assert positions(url)[0]["uncovered"] == [{"begin": SLID_TO + 10_000, "end": None, "seconds": 14, "share": 1}]
    desk.move(58100)
    desk.at(100)
    (held,) = positions(url)
    assert (held["seconds"], held["uncovered_seconds"]) == (24, 14)


def test_coins_that_were_deposited_are_no_position(desk: Desk, url: str) -> None:
    """Deposited coins and dust do not count; a second buy after a sale is a second position."""
    ask(url, "/_control/transfer", "POST", {"account": "spot", "coin": "BTC", "amount": 1})
    assert positions(url) == []
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.at(1)
    desk.market(SPOT_ORDER, "SELL", "0.09985")  # 0.00005 are left, worth 3
    desk.at(5)
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.at(7)
    assert [held["seconds"] for held in positions(url)] == [1, 2]


def test_withdrawn_coins_are_no_longer_held(desk: Desk, url: str) -> None:
    """Coins that a person withdraws end the position."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.at(2)
    ask(url, "/_control/transfer", "POST", {"account": "spot", "coin": "BTC", "amount": -0.0999})
    desk.at(9)
    assert positions(url)[0]["seconds"] == 2


def test_half_a_stop_covers_half_a_short(desk: Desk, url: str) -> None:
    """By amount, a short with a stop for a quarter of it counts three quarters; a stop on the wrong side, nothing."""
    desk.market(ORDER, "SELL", "0.1")
    desk.algo("SELL", 50000, quantity="0.1")
    desk.at(4)
    number = desk.algo("BUY", 61000, quantity="0.025", reduceOnly="true")
    desk.at(12)
    (held,) = positions(url)
    assert (held["pair"], held["uncovered_seconds"], held["uncovered_by_amount"]) == (PERPETUAL, 12, 4 + 8 * 0.75)
    desk.algo("BUY", 61000, closePosition="true")
    desk.send("DELETE", ALGO, algoId=number)
    desk.at(20)
    assert positions(url)[0]["uncovered_seconds"] == 12
    desk.move(61000)
    desk.at(30)
    assert [(held["seconds"], held["uncovered_by_amount"]) for held in positions(url)] == [(20, 10)]


def test_an_addition_beyond_the_stop_is_uncovered(desk: Desk, url: str) -> None:
    """A stop for the first entry leaves the second one uncovered."""
    desk.market(ORDER, "BUY", "0.1")
    desk.algo("SELL", 59000, quantity="0.1", reduceOnly="true")
    desk.at(5)
    desk.market(ORDER, "BUY", "0.3")
    desk.at(6)
    (held,) = positions(url)
    assert (held["uncovered_seconds"], held["uncovered_by_amount"]) == (1, 0.75)


def test_a_bot_that_asks_the_price_watches(desk: Desk, url: str) -> None:
    """Without a stop, the time after `gap` seconds without a price check counts as unwatched, up to the next check."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    for second in (2, 4, 6):
        desk.at(second)
        ask(url, TICKER)
    desk.at(20)
    (held,) = positions(url, gap=3)
    assert (held["uncovered_seconds"], held["uncovered_and_unwatched"]) == (20, 11)
    ask(url, "/api/v3/depth?symbol=BTCUSDT")
    desk.at(22)
    assert positions(url, gap=3)[0]["uncovered_and_unwatched"] == 11
    assert positions(url, gap=1)[0]["uncovered_and_unwatched"] == 1 + 1 + 1 + 13 + 1
    assert positions(url, gap=30)[0]["uncovered_and_unwatched"] == 0


def test_other_calls_watch_nothing(desk: Desk, url: str) -> None:
    """Another pair's price, futures prices, candles and failed calls are no price checks; all pairs' prices are one."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.at(10)
    others = ("/api/v3/ticker/bookTicker?symbol=ETHUSDT", "/fapi/v1/ticker/bookTicker", "/api/v3/exchangeInfo")
    for path in (*others, "/api/v3/klines?symbol=BTCUSDT&interval=5m"):
        assert ask(url, path)[0] == 200
    fault = {"call": "GET /api/v3/ticker/bookTicker", "fault": "status", "status": 429}
    ask(url, "/_control/fault", "POST", fault)
    assert ask(url, TICKER)[0] == 429
    assert positions(url, gap=2)[0]["uncovered_and_unwatched"] == 8
    assert ask(url, "/api/v3/ticker/24hr")[0] == 200
    desk.at(11)
    assert positions(url, gap=2)[0]["uncovered_and_unwatched"] == 8


def test_a_covered_position_needs_no_watching(desk: Desk, url: str) -> None:
    """While a stop rests, nobody has to ask for the price."""
    desk.market(SPOT_ORDER, "BUY", "0.1")
    desk.spot_stop("0.0999")
    desk.at(1000)
    (held,) = positions(url)
    assert (held["uncovered_seconds"], held["uncovered_and_unwatched"], held["uncovered"]) == (0, 0, [])


@pytest.mark.parametrize("gap", ["0.5", "x", "nan", "inf"])
def test_an_invalid_gap_is_refused(url: str, gap: str) -> None:
    """A gap below a second or that is no number is refused with a sentence."""
    status, answer = ask(url, f"/_control/coverage?gap={gap}")
    assert status == 400
    assert "it must be a number of at least 1 second" in answer["error"]

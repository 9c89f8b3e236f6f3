"""What rests when its trade is closed is canceled, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.entries import leftover_orders
from robustop_plugin.bridge.entries.leftover_orders import LeftoverOrders
from tests.support.trades import in_database, order_of

pytestmark = pytest.mark.usefixtures("database")


class Exchange:
    """An exchange that cancels orders.

    Attributes:
        filled: what it has filled of them meanwhile.
        status: the status of an order after it was canceled.
        silent: True if it does not answer.
        asked: the orders that it was asked to cancel.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Start at some time."""
        self.filled, self.status, self.silent, self.asked, self.now = 0.0, "canceled", False, list[str](), 0.0
        monkeypatch.setattr(leftover_orders, "time", SimpleNamespace(monotonic=lambda: self.now))

    def cancel_order_with_result(self, order_id: str, pair: str, amount: float) -> dict[str, Any]:
        """Cancel an order."""
        self.asked.append(order_id)
        if self.silent:
            raise TemporaryError
        report = {"id": order_id, "symbol": pair, "amount": amount, "status": self.status, "filled": self.filled}
        return {**report, "remaining": amount - self.filled, "side": "buy", "type": "limit", "price": 99.0}


def resting(trade: Trade, order_id: str, **over: Any) -> Trade:
    """Add a resting order to a trade."""
    trade.orders.append(order_of(trade, 99.0, 5.0, id=None, order_id=order_id, order_type="limit", **over))
    Trade.commit()
    return trade


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Return an exchange that cancels."""
    return Exchange(monkeypatch)


@pytest.fixture
def sent() -> list[str]:
    """Return the messages."""
    return []


def test_an_addition_of_a_closed_trade(exchange: Exchange, sent: list[str]) -> None:
    """It is canceled once, also if an earlier process has left it; orders of open trades and stops stay."""
    resting(in_database(is_open=False), "left")
    resting(in_database(is_open=False), "stop", ft_order_side="stoploss")
    resting(in_database(), "open")
    leftovers = LeftoverOrders(exchange, sent.append)
    for _ in range(3):
        leftovers.cancel()
    assert (exchange.asked, sent) == (["left"], [])
    assert [order.order_id for order in Order.get_open_orders()] == ["stop", "open"]


def test_it_is_searched_when_a_trade_closes(exchange: Exchange, sent: list[str]) -> None:
    """A fill that leaves the trade open, or no order, needs no search."""
    leftovers = LeftoverOrders(exchange, sent.append)
    leftovers.cancel()
    trade = resting(in_database(), "left")
    leftovers.note(trade)
    leftovers.note(in_database(is_open=False))
    leftovers.cancel()
    trade.is_open = False
    leftovers.cancel()
    assert exchange.asked == []
    leftovers.note(trade)
    Trade.commit()
    leftovers.cancel()
    assert exchange.asked == ["left"]


def test_what_was_filled_is_reported(exchange: Exchange, sent: list[str]) -> None:
    """A part was bought before the order was canceled: nobody else will sell it."""
    trade = resting(in_database(is_open=False), "left")
    exchange.filled = 2.0
    LeftoverOrders(exchange, sent.append).cancel()
    (text,) = sent
    assert f"order left of closed trade {trade.id} has filled 2, and nothing protects it" in text


@pytest.mark.parametrize("over", [{"silent": True}, {"status": "open"}], ids=["silent", "not canceled"])
def test_it_is_tried_again(exchange: Exchange, sent: list[str], over: dict[str, Any]) -> None:
    """Ten seconds later, not in every loop."""
    resting(in_database(is_open=False), "left")
    vars(exchange).update(over)
    leftovers = LeftoverOrders(exchange, sent.append)
    for exchange.now in (0.0, 5.0, 9.0):
        leftovers.cancel()
    assert len(exchange.asked) == 1
    exchange.silent, exchange.status, exchange.now = False, "canceled", 11.0
    leftovers.cancel()
    leftovers.cancel()
    assert len(exchange.asked) == 2
    assert Order.get_open_orders() == []

"""Parts of a position after which Freqtrade can read the trade's orders from the exchange again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from ccxt import TICK_SIZE
from freqtrade.persistence import LocalTrade, Trade, disable_database_use, init_db
from hypothesis import example, given, settings
from hypothesis import strategies as st

from robustop_plugin.bridge.partials.orders import OrderRequest, order_request, unlike_the_rest
from robustop_plugin.core.decision import Progress, Sale
from tests.support.hand_candles import PAIR
from tests.support.markets import examples
from tests.support.trades import order_of

LOT = Fraction(1, 1000)


@pytest.fixture(autouse=True, scope="module")
def database() -> Iterator[None]:
    """Freqtrade commits after each order, here a session without trades."""
    init_db("sqlite://")
    yield
    Trade.session.remove()
    disable_database_use("5m")


def opened(lots: int) -> LocalTrade:
    """Return a trade of so many lots, as Freqtrade has filled it."""
    trade = LocalTrade(
        id=1,
        pair=PAIR,
        exchange="binance",
        is_open=True,
        is_short=False,
        open_rate=100.0,
        open_date=datetime(2026, 1, 1, tzinfo=UTC),
        amount=0.0,
        stake_amount=0.0,
        fee_open=0.0,
        fee_close=0.0,
        amount_precision=float(LOT),
        price_precision=0.01,
        precision_mode=TICK_SIZE,
        precision_mode_price=TICK_SIZE,
        orders=[],
    )
    fill(trade, trade.entry_side, float(lots * LOT))
    return trade


def fill(trade: LocalTrade, side: str, amount: float) -> None:
    """Let Freqtrade take a filled order."""
    closed = {"ft_is_open": False, "status": "closed", "filled": amount, "remaining": 0.0, "funding_fee": 0.0}
    order = order_of(trade, 100.0, amount, ft_order_side=side, side=side, **closed)
    trade.orders.append(order)
    trade.update_trade(order)


def read_again(trade: LocalTrade) -> None:
    """Take every order once more, as Freqtrade does with the exchange's answer."""
    for order in trade.orders:
        trade.update_trade(order, recalculating=True)


@settings(max_examples=examples(), deadline=None)
@given(lots=st.integers(10_000, 10**6), percents=st.lists(st.integers(1, 30), min_size=1, max_size=3))
@example(lots=10_000, percents=[50])
@example(lots=10_000, percents=[50, 25])
@example(lots=10_000, percents=[25, 25, 25])
@example(lots=10_000, percents=[50, 25, 12])
def test_reading_the_orders_again_closes_no_part(lots: int, percents: list[int]) -> None:
    """Whatever was sold, Freqtrade keeps the trade and its amount; and no part is off by more than its lots."""
    trade = opened(lots)
    for number, percent in enumerate(percents, start=1):
        request = order_request(
            trade, Sale(percent / 100, Progress(number), closes=False), "robustop_2R", 100.0, 0.0, is_reloaded=True
        )
        assert isinstance(request, OrderRequest)
        if request.amount >= trade.amount:
            return
        meant = Fraction(percent, 100) * lots
        assert -number - 1 <= Fraction(request.amount) / LOT - meant <= Fraction(1, 1000)
        fill(trade, trade.exit_side, request.amount)
        left = trade.amount
        read_again(trade)
        assert trade.is_open
        assert trade.amount == left


def test_freqtrade_closes_a_trade_of_which_half_was_sold() -> None:
    """What the bot would meet without it: the other half is held, and there is no trade any more."""
    trade = opened(10_000)
    fill(trade, trade.exit_side, 5.0)
    assert trade.is_open
    read_again(trade)
    assert not trade.is_open


def test_an_amount_that_leaves_another_one_stays() -> None:
    """Only where what is left equals a part that was sold, a lot less is sold."""
    trade = opened(10_000)
    assert unlike_the_rest(trade, 4.0) == 4.0
    assert unlike_the_rest(trade, 5.0) == 4.999
    fill(trade, trade.exit_side, 4.0)
    assert unlike_the_rest(trade, 2.0) == 1.999
    assert unlike_the_rest(trade, 3.0) == 2.999


def test_a_lot_that_is_much_is_sold() -> None:
    """Of ten lots five are sold: four would be another part of the position, and none of two would be no part."""
    assert unlike_the_rest(opened(10), 0.005) == 0.005
    assert unlike_the_rest(opened(2), 0.001) == 0.001


def test_a_part_at_the_minimum_is_sold() -> None:
    """Four of ten are sold, and two more leave four: a lot less than two would be too small for an order."""
    trade = opened(10_000)
    fill(trade, trade.exit_side, 4.0)
    sale = Sale(0.2, Progress(2), closes=False)
    amounts = []
    for minimum in (200.0, 190.0):
        request = order_request(trade, sale, "robustop_2R", 100.0, minimum, is_reloaded=True)
        assert isinstance(request, OrderRequest)
        amounts.append(request.amount)
    assert amounts == [2.0, 1.999]

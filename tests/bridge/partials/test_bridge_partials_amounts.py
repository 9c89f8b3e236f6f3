"""Amounts of partial exits: lots, contracts, and Freqtrade's truncation, which never costs a lot."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from ccxt import DECIMAL_PLACES
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from robustop_plugin.bridge.partials.orders import OrderRequest, order_request
from robustop_plugin.core.decision import Progress, Sale
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.selling_strategies import flat, play, sold, with_partials
from tests.support.trades import held, taken_by_the_host

THIRDS: list[list[Any]] = [[2.0, 0.3333333], [3.0, 0.3333333], [4.0, "rest"]]


lots = st.integers(2, 10**7)
prices = st.integers(50, 6_000_000).map(lambda cents: cents / 100)


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lots=lots,
    lot=st.sampled_from(["1/1", "1/10", "1/1000", "1/100000", "1/100000000"]),
    price=prices,
    leverage=st.sampled_from([1.0, 3.0, 7.0]),
    percent=st.integers(1, 99),
    contract_size=st.sampled_from([1.0, 10.0]),
)
@example(lots=8332, lot="1/1000", price=46706.67, leverage=7.0, percent=21, contract_size=1.0)
@example(lots=1872, lot="1/1", price=18720.64, leverage=3.0, percent=3, contract_size=1.0)
def test_the_host_sells_just_the_lots_that_were_meant(
    lots: int, lot: str, price: float, leverage: float, percent: int, contract_size: float
) -> None:
    """L54: Freqtrade turns the stake back into the exact number of lots, rounded down once in rationals."""
    trade = held(lots, lot, price, leverage, contract_size)
    meant = floor(Fraction(percent, 100) * lots)
    ask = order_request(trade, Sale(percent / 100, Progress(1), closes=False), "robustop_2R", price, 0.0)
    if meant == 0:
        assert not isinstance(ask, OrderRequest)
        return
    assert isinstance(ask, OrderRequest)
    assert ask.tag == "robustop_2R"
    assert taken_by_the_host(trade, ask.stake) == float(meant * Fraction(lot))


def test_what_closes_is_the_whole_stake(host: Host) -> None:
    """Freqtrade turns it into the whole amount, without a remainder."""
    trade = held(1872, "1/1", 18720.64, 3.0)
    ask = order_request(trade, Sale(0.25, Progress(3), closes=True), "robustop_4R", 20000.0, 5.0)
    assert ask == OrderRequest(-trade.stake_amount, "robustop_take_profit", trade.amount)


def test_without_a_minimum_nothing_is_left_behind(host: Host) -> None:
    """If the exchange has no minimum and the sale takes everything, it closes the trade under the exit's tag."""
    trade = held(10, "1/1", 100.0)
    trade.amount, trade.stake_amount = 5.0, 500.0
    ask = order_request(trade, Sale(0.5, Progress(1), closes=False), "robustop_2R", 104.0, 0.0)
    assert ask == OrderRequest(-500.0, "robustop_take_profit", trade.amount)


def test_decimal_places_are_lots_as_well() -> None:
    """If Freqtrade counts decimal places, three of them are lots of 0.001."""
    trade = held(3333, "1/1000", 100.0)
    trade.amount_precision, trade.precision_mode = 3, DECIMAL_PLACES
    ask = order_request(trade, Sale(0.5, Progress(1), closes=False), "robustop_2R", 104.0, 5.0)
    assert isinstance(ask, OrderRequest)
    assert taken_by_the_host(trade, ask.stake) == 1.666


@pytest.mark.parametrize(("stake", "bought"), [(333.0, 3.33), (100.1, 1.001), (700.0, 7.0)])
def test_parts_add_up_to_what_was_bought(host: Host, stake: float, bought: float) -> None:
    """Each third is rounded down to a lot of 0.001, and the last order sells the rest."""
    played = play(host, flat(100.0, 104.0, 106.0, 108.0), stake_amount=stake, robustop=with_partials(THIRDS))
    amounts = [amount for _, amount, _ in sold(played)]
    third = floor(Fraction("0.3333333") * Fraction(str(bought)) * 1000) / 1000
    assert amounts[:2] == [third, third]
    assert sum(Fraction(str(amount)) for amount in amounts) == Fraction(str(bought))

"""Resting orders are cancelled for an exit that is due; orders that are not in the way keep resting.

The trade was bought at 100; the initial stop is 98. Limit orders rest, market orders fill at once.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import PANIC, RESUME, Requests
from tests.support.hand_candles import BLOCK, at
from tests.support.host import Host
from tests.support.resting_bots import ORDERS, Exchange, Limits, wants
from tests.support.trades import in_database


@pytest.fixture
def bot(host: Host, tmp_path: Path, polled_requests: Requests) -> Exchange:
    """Return a bot that has just started."""
    return Exchange(host, tmp_path / "audit", Limits)


def test_a_limit_exit_at_the_same_price_swallows_no_market_exit(bot: Exchange, polled_requests: Requests) -> None:
    """Freqtrade keeps a resting order of the same price and amount in the first loop, but not in the next."""
    trade = bot.bought()
    bot.loop(100.5)
    bot.rest(trade, "sell", trade.amount, 101.0)
    polled_requests.ask(PANIC, 1.0, "hack")
    bot.loop(101.0)
    assert trade.is_open
    bot.loop(101.0)
    assert bot.reasons(trade) == [("mine", "limit", 101.0), ("robustop_emergency", "market", 101.0)]
    assert not trade.is_open


def test_a_part_that_is_being_sold_gives_way_to_a_crossed_level(bot: Exchange) -> None:
    """A resting order for half is cancelled, and the whole position exits at the loop's price."""
    trade = bot.bought()
    bot.loop(99.5)
    bot.rest(trade, "sell", 5.0, 104.0, "robustop_2R")
    wants(bot.strategy, trade, 99.0)
    bot.loop(98.9)
    assert bot.reasons(trade)[-1] == ("trailing_stop_loss", "market", 98.9)
    assert (trade.is_open, trade.amount) == (False, 10.0)


@pytest.fixture
def patient(host: Host, tmp_path: Path, polled_requests: Requests) -> Exchange:
    """Return a bot whose stops are also limit orders."""
    return Exchange(host, tmp_path / "audit", Limits, order_types={**ORDERS, "stoploss": "limit"})


def test_a_stop_that_rests_follows_the_price_in_every_loop(patient: Exchange) -> None:
    """Freqtrade alone sends an exit reason once per candle; here each loop cancels and replaces the order."""
    trade = patient.bought()
    for rate in (97.9, 97.5, 97.0):
        patient.loop(rate)
    assert patient.reasons(trade) == [("stop_loss", "limit", rate) for rate in (97.9, 97.5, 97.0)]
    assert [order.ft_is_open for order in trade.orders] == [False, False, False, True]


def test_a_crossed_level_follows_the_price_too(patient: Exchange) -> None:
    """A crossed level behaves like a stop."""
    trade = patient.bought()
    patient.loop(99.5)
    wants(patient.strategy, trade, 99.0)
    for rate in (98.9, 98.8):
        patient.loop(rate)
    assert patient.reasons(trade) == [("trailing_stop_loss", "limit", rate) for rate in (98.9, 98.8)]


def test_an_exit_that_is_called_off_is_not_sent_again(patient: Exchange) -> None:
    """The price is back above the stop: the order is cancelled, the position stays, and later orders rest."""
    trade = patient.bought()
    patient.loop(97.9)
    patient.loop(98.5)
    assert [order.ft_is_open for order in trade.orders] == [False, False]
    order = patient.rest(trade, "sell", 5.0, 104.0)
    patient.loop(98.6)
    assert (trade.is_open, order.ft_is_open) == (True, True)


def test_so_many_cancelled_exits_end_in_the_host_s_emergency_exit(
    host: Host, tmp_path: Path, polled_requests: Requests
) -> None:
    """Each cancelled exit order counts toward `unfilledtimeout.exit_timeout_count`."""
    over = {"order_types": {**ORDERS, "stoploss": "limit"}, "unfilledtimeout": {"exit_timeout_count": 2}}
    bot = Exchange(host, tmp_path / "audit", Limits, **over)
    trade = bot.bought()
    for rate in (97.9, 97.5, 97.0):
        bot.loop(rate)
    tags = [(tag, kind) for tag, kind, _ in bot.reasons(trade)]
    assert tags == [("stop_loss", "limit"), ("stop_loss", "limit"), ("emergency_exit", "market")]
    assert not trade.is_open


def test_a_purchase_that_rests_gives_way(patient: Exchange) -> None:
    """Beside a purchase, Freqtrade would not send the stop's reason again in this candle."""
    trade = patient.bought()
    patient.loop(97.9)
    order = patient.rest(trade, "buy", 5.0, 97.0)
    patient.loop(97.5)
    assert patient.reasons(trade) == [("stop_loss", "limit", 97.9), ("stop_loss", "limit", 97.5)]
    assert (order.ft_is_open, trade.amount) == (False, 10.0)


def test_a_time_stop_waits_for_its_own_order_and_for_no_other(
    host: Host, tmp_path: Path, polled_requests: Requests
) -> None:
    """Other orders are cancelled; the time stop's own order rests as long as Freqtrade allows."""
    bot = Exchange(host, tmp_path / "audit", Limits, robustop={**BLOCK, "time_stop_hours": 1.0})
    trade = bot.bought()
    bot.rest(trade, "sell", trade.amount, 100.5)
    for rate in (100.5, 100.5, 100.4, 100.3):
        bot.loop(rate)
    assert bot.reasons(trade) == [("mine", "limit", 100.5), ("robustop_time_stop", "limit", 100.5)]
    assert [order.ft_is_open for order in trade.orders] == [False, False, True]


@pytest.mark.parametrize("halted", [False, True])
def test_an_entry_that_rests_is_given_up_while_trading_is_halted(
    bot: Exchange, polled_requests: Requests, halted: bool
) -> None:
    """A purchase that fills after a panic would be a new position."""
    trade = in_database(amount=0.0, fee_open_currency="USDT")
    trade.orders.clear()
    bot.rest(trade, "buy", 10.0, 99.0)
    if halted:
        polled_requests.ask(PANIC, 1.0, "hack")
    bot.loop(100.0)
    assert len(Trade.get_open_trades()) == (not halted)
    polled_requests.ask(RESUME, 2.0, "over")


class Answers(Limits):
    """Overrides `check_exit_timeout` without calling `super()`."""

    answer, calls = False, 0

    def check_exit_timeout(self, pair: str, trade: Any, order: Any, current_time: Any, **kwargs: Any) -> bool:
        """Return the answer set by the test."""
        self.calls += 1
        return self.answer


@pytest.mark.parametrize("answer", [False, True])
def test_the_strategy_s_own_answer_counts_where_nothing_is_due(
    host: Host, tmp_path: Path, polled_requests: Requests, answer: bool
) -> None:
    """The strategy's method is called once per loop, as without robustop."""
    bot = Exchange(host, tmp_path / "audit", Answers)
    trade = bot.bought()
    order = bot.rest(trade, "sell", trade.amount, 104.0)
    bot.strategy.answer = answer
    bot.loop(100.5)
    assert (order.ft_is_open, bot.strategy.calls) == (not answer, 1)


def test_an_answer_without_super_keeps_no_exit_from_leaving(
    host: Host, tmp_path: Path, polled_requests: Requests
) -> None:
    """An override without `super()` does not block an exit either."""
    bot = Exchange(host, tmp_path / "audit", Answers)
    trade = bot.bought()
    bot.rest(trade, "sell", trade.amount, 97.5)
    for _ in range(2):
        bot.loop(97.5)
    assert bot.reasons(trade)[-1] == ("stop_loss", "market", 97.5)
    assert not trade.is_open


def test_what_was_due_for_a_dead_trade_is_not_due_for_the_next_of_its_number(patient: Exchange) -> None:
    """SQLite reuses the id of a deleted trade."""
    trade = patient.bought()
    patient.loop(97.9)
    number = trade.id
    trade.delete()
    Trade.commit()
    later = in_database(open_date=at(7), fee_open_currency="USDT")
    assert later.id == number
    order = patient.rest(later, "sell", 5.0, 104.0)
    call = {"pair": later.pair, "trade": later, "order": order, "current_time": at(8)}
    assert not patient.strategy.check_exit_timeout(**call)
    assert patient.strategy._robustop.exit_list.due(later) is None


def test_an_error_of_robustop_s_leaves_the_answer_to_the_strategy(
    bot: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open orders are managed even if robustop fails."""
    trade = bot.bought()
    order = bot.rest(trade, "sell", 5.0, 104.0)
    monkeypatch.setattr(bot.strategy._robustop.exit_list, "due", lambda _: 1 / 0)
    call = {"pair": trade.pair, "trade": trade, "order": order, "current_time": at(1)}
    assert not bot.strategy.check_exit_timeout(**call)

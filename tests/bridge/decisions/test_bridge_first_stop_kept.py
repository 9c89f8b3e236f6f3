"""The first stop in a bot: it stays in place when fees are updated, and counts as a stop loss when hit."""

import logging
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from tests.support.bots import KEY, Bot
from tests.support.hand_candles import at, block
from tests.support.host import Host
from tests.support.trades import in_database, order_of


@pytest.mark.parametrize("rate", [99.99, 99.9, 99.0, 98.5])
def test_a_fee_that_is_updated_moves_no_stop(bot: Bot, rate: float) -> None:
    """When a fee is updated, Freqtrade applies the ratio below the entry to the entry again."""
    trade = bot.bought(rate)
    assert trade.stop_loss == 98.0
    trade.recalc_trade_from_orders()
    assert (trade.stop_loss, bool(trade.is_stop_loss_trailing)) == (98.0, False)
    assert bot.look(trade, 97.9) == [(ExitType.STOP_LOSS, "stop_loss")]


@pytest.mark.parametrize("leverage", [1.0, 3.0])
def test_a_short_keeps_its_first_stop_as_well(bot: Bot, leverage: float) -> None:
    """Mirrored, with the stop above the entry."""
    over = {"is_short": True, "leverage": leverage, "stop_loss": 110.0, "initial_stop_loss": 110.0}
    trade = bot.bought(100.4, **over)
    assert trade.stop_loss == 102.0
    trade.recalc_trade_from_orders()
    assert trade.stop_loss == 102.0


def test_the_initial_stop_is_a_stop_loss_whatever_freqtrade_calls_it(bot: Bot) -> None:
    """A market order filled above its requested price makes Freqtrade treat its stop as a trailing one."""
    trade = bot.bought()
    trade.is_stop_loss_trailing = True
    assert bot.look(trade, 97.9) == [(ExitType.STOP_LOSS, "stop_loss")]


def test_a_stop_that_has_moved_is_a_trailing_one(bot: Bot) -> None:
    """Breakeven at 100.15 was decided, so the stop is not the initial one."""
    trade = bot.bought()
    bot.look(trade, 102.0)
    assert bot.look(trade, 100.0, 2) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]


def test_a_fill_that_is_told_again_loosens_no_stop_beyond_the_entry(bot: Bot) -> None:
    """A stop at 100.15 is above the entry, where Freqtrade has no ratio of a loss."""
    trade = bot.bought()
    bot.look(trade, 102.0)
    bot.strategy.ft_stoploss_adjust(101.0, trade, trade.open_date_utc, 0.01, 0, after_fill=True)
    assert trade.stop_loss == 100.15


def test_a_later_fill_goes_back_to_what_freqtrade_has_tightened(bot: Bot) -> None:
    """Freqtrade applies our ratio to the first order of a trade that had none; the next fill does not loosen that."""
    trade = bot.bought()
    bot.look(trade, 102.0)
    trade.orders.clear()
    stops = [trade.stop_loss]
    for number in range(2):
        trade.orders.append(order_of(trade, 102.4, 5.0, id=None, ft_is_open=False, status="closed", filled=5.0))
        trade.recalc_trade_from_orders()
        bot.fill(trade, number, 2)
        bot.strategy.ft_stoploss_adjust(102.4, trade, at(2), 0.0, 0, after_fill=True)
        stops.append(trade.stop_loss)
    assert stops == sorted(stops)
    assert stops[1] > stops[0]


def test_an_entry_at_the_lowest_price_says_once_that_it_gets_no_stop(
    host: Host, database: None, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """No price exists below one tick: one log line, one record, and Freqtrade's stop stays as it is."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=block())
    over = {"stop_loss": 0.009, "initial_stop_loss": 0.009, "max_rate": None, "min_rate": None}
    with caplog.at_level(logging.ERROR):
        trade = in_database(0.01, **over)
        bot.fill(trade)
        bot.strategy.ft_stoploss_adjust(0.01, trade, trade.open_date_utc, 0.0, 0, after_fill=True)
        for candle in range(5):
            assert bot.look(trade, 0.01 + 0.01 * candle, candle) == []
    assert trade.stop_loss == 0.009
    assert trade.get_custom_data(KEY) is None
    assert caplog.text.count("gets no stop") == 1
    assert "Traceback" not in caplog.text
    assert bot.records("action", "trade_id") == [("error", trade.id)]
    assert bot.strategy._robustop.errors.failures == 0
    Trade.commit()

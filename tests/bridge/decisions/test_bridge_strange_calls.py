"""Calls that the fuzz has found: each once raised, or loosened Freqtrade's stop. A trade is 10 at 100, its stop 98."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.bots import Bot
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.trades import order_of


def fills(bot: Bot, trade: Trade, side: str, price: float, amount: float, rate: float, candle: int) -> None:
    """Let Freqtrade count a filled order of a trade, and report it at a rate."""
    done = {"ft_is_open": False, "status": "closed", "filled": amount, "remaining": 0.0, "side": side}
    trade.orders.append(order_of(trade, price, amount, id=None, ft_order_side=side, **done))
    Trade.commit()
    trade.recalc_trade_from_orders()
    bot.fill(trade, -1, candle)
    profit = trade.calc_profit_ratio(rate)
    bot.strategy.ft_stoploss_adjust(rate, trade, at(candle), profit, 0, after_fill=True)
    Trade.commit()


@pytest.mark.parametrize("rate", [None, float("nan"), float("inf"), 0.0])
def test_a_fill_that_is_reported_without_a_price_changes_nothing(bot: Bot, rate: Any) -> None:
    """Freqtrade alone does not ask after a fill, so it raises nothing either."""
    trade = bot.bought(100.0)
    bot.strategy.ft_stoploss_adjust(rate, trade, at(1), 0.0, 0, after_fill=True)
    assert trade.stop_loss == 98.0


def test_an_entry_is_refused_even_if_that_cannot_be_recorded(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception would let Freqtrade buy: without a time there is no record, and the entry is still refused."""
    monkeypatch.setattr(bot.strategy._robustop.entries, "checks", [lambda _: "no entries today"])
    nowhen: Any = None
    entry = (PAIR, "limit", 1.0, 100.0, "GTC", nowhen)
    assert bot.strategy.confirm_trade_entry(*entry, entry_tag=None, side="long") is False
    sometime: datetime = at(1)
    assert bot.strategy.confirm_trade_entry(*entry[:-1], sometime, entry_tag=None, side="long") is False
    assert bot.records("action", "reason") == [("refused", "no entries today")]


def test_a_rate_that_is_absurdly_far_does_not_move_the_stop(bot: Bot) -> None:
    """A ratio of 1e17 cannot name 98 to the cent; what Freqtrade holds stays."""
    trade = bot.bought(100.0)
    fills(bot, trade, "sell", 101.0, 4.0, 1e17, 1)
    assert trade.stop_loss == 98.0


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("trailing_stop", [False, True])
def test_a_later_fill_does_not_undo_what_a_fill_under_water_has_tightened(
    host: Host, tmp_path: Path, trailing_stop: bool
) -> None:
    """30 more at 101 make the open rate 100.75: under water Freqtrade's stop jumps to 98.73.

    A part that is sold above the open rate leaves it there, with a native trailing stop that is far away as well.
    """
    bot = Bot(host, tmp_path / "audit.jsonl", trailing_stop=trailing_stop)
    trade = bot.bought(100.0)
    bot.look(trade, 100.2)
    fills(bot, trade, "buy", 101.0, 30.0, 100.5, 1)
    assert (trade.open_rate, trade.stop_loss) == (100.75, 98.73)
    fills(bot, trade, "sell", 101.5, 5.0, 101.5, 2)
    assert trade.stop_loss == 98.73

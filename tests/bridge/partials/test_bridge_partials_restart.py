"""Sold parts are read from filled orders: after a crash, at an adoption, and with another schedule.

The entry is 10 at 100 and the stop 98, so that the rungs are at 104, 106 and 108.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.bots import KEY
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import sold_of, with_partials
from tests.support.trades import in_database, order_of

pytestmark = pytest.mark.usefixtures("database")

SELL = {"ft_order_side": "sell", "side": "sell", "ft_is_open": False, "status": "closed", "remaining": 0.0, "id": None}


def with_sale(trade: Trade, tag: str, amount: float = 5.0, price: float = 104.0) -> Trade:
    """Return the trade after a sale that Freqtrade has filled but not reported to robustop."""
    trade.orders.append(order_of(trade, price, amount, **{**SELL, "filled": amount, "ft_order_tag": tag}))
    trade.recalc_trade_from_orders()
    Trade.commit()
    return trade


def test_a_fill_that_the_state_does_not_know_is_not_sold_again(host: Host, tmp_path: Path) -> None:
    """The process died between the fill and the write: the order itself shows that the first rung was taken."""
    trade = LiveBot(host, tmp_path / "audit").bought()
    with_sale(trade, "robustop_2R")
    assert trade.get_custom_data(KEY)["memory"]["progress"] == [0, False]
    bot = LiveBot(host, tmp_path / "audit")
    for rate in (104.0, 105.0, 106.0):
        bot.loop(rate)
    assert bot.asked == [("sell", 2.5)]
    assert sold_of(trade)[-1] == ("robustop_3R", 2.5, 106.0)


def test_old_fills_that_are_told_again_after_a_start_are_no_news(host: Host, tmp_path: Path) -> None:
    """Two sales, a restart, and Freqtrade reports all orders again: no record, and the state stays."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.loop(104.0)
    bot.loop(106.0)
    before = bot.recorded("token"), trade.get_custom_data(KEY)
    again = LiveBot(host, tmp_path / "audit")
    for order in trade.orders:
        again.strategy.order_filled(pair=PAIR, trade=trade, order=order, current_time=at(9))
    assert (again.recorded("token"), trade.get_custom_data(KEY)) == before


def test_an_adopted_trade_goes_on_after_its_earlier_sales(host: Host, tmp_path: Path) -> None:
    """Without a state, half sold at 2R: the phase is known at the first check, and the next sale is a quarter."""
    trade = in_database(stop_loss=98.0, initial_stop_loss=98.0, fee_open_currency="USDT")
    with_sale(trade, "robustop_2R")
    bot = LiveBot(host, tmp_path / "audit")
    bot.loop(103.0)
    bot.loop(106.0)
    assert bot.asked == [("sell", 2.5)]
    assert bot.recorded("action", "phase")[-1] == ("reduce", "ADVANCED_PROFIT_TAKEN")


def test_sales_of_somebody_else_take_no_rung(host: Host, tmp_path: Path) -> None:
    """Four sold by hand: at 104 half of the original ten is due; at 106 less than a quarter is left."""
    trade = in_database(stop_loss=98.0, initial_stop_loss=98.0, fee_open_currency="USDT")
    with_sale(trade, "force_exit", 4.0, 101.0)
    bot = LiveBot(host, tmp_path / "audit")
    bot.loop(104.0)
    bot.loop(106.0)
    assert bot.asked == [("sell", 5.0), ("sell", 1.0)]
    assert trade.exit_reason == "robustop_take_profit"


@pytest.mark.parametrize(
    ("before", "after", "rates", "asked"),
    [
        pytest.param([[1, 0.2], [2, 0.2]], [[2, 0.5], [4, 0.3]], (104.0, 108.0), [3.0], id="fewer rungs"),
        pytest.param([[2, 0.5]], [[1, 0.2], [2, 0.2], [3, 0.2]], (104.0, 106.0), [2.0], id="more rungs"),
        pytest.param([[2, 0.5]], [[3, 0.5]], (104.0, 106.0), [5.0], id="another rung"),
        pytest.param([[2, 0.2]], [], (104.0, 110.0), [], id="none"),
    ],
)
def test_a_schedule_that_a_reload_has_changed(
    host: Host, tmp_path: Path, before: list[Any], after: list[Any], rates: tuple[float, ...], asked: list[float]
) -> None:
    """Rungs at or below the highest one sold count as taken; those above it are sold."""
    first = LiveBot(host, tmp_path / "audit", robustop=with_partials(before))
    trade = first.bought()
    first.loop(104.0)
    stop = trade.stop_loss
    bot = LiveBot(host, tmp_path / "audit", robustop=with_partials(after))
    for rate in rates:
        bot.loop(rate)
    assert [amount for _, amount in bot.asked] == asked
    assert trade.stop_loss >= stop


def test_a_reload_while_an_order_rests_records_its_fill(host: Host, tmp_path: Path) -> None:
    """An order of the old schedule fills under the new one: it takes none of its rungs, and is recorded."""
    first = LiveBot(host, tmp_path / "audit", robustop=with_partials([[2.0, 0.5]]))
    trade = first.bought()
    first.rests = True
    first.loop(104.0)
    bot = LiveBot(host, tmp_path / "audit", robustop=with_partials([[3.0, 0.5]]))
    bot.loop(104.0)
    bot.fill(trade.orders[-1])
    assert bot.recorded("action", "reason")[-1] == ("reduce", "robustop_2R")
    assert trade.get_custom_data(KEY)["memory"]["phase"] == "BREAKEVEN_PROTECTED"

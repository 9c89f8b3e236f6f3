"""A real live bot on the loopback Binance, whose stop on the exchange closes a trade while an addition rests."""

from pathlib import Path

import pytest

from tests.support.bot import move_price
from tests.support.kept_stops import PERPETUAL, SPOT, additions, fills, loops, running, stops, trading

ADDS = """
def add_once(self, trade, **kwargs):
    is_moved = any((order.stop_price or 0) > 62000 for order in trade.open_sl_orders)
    return 500.0 if is_moved and trade.nr_of_successful_entries == 1 and not trade.has_open_orders else None

def below(self, proposed_rate, trade=None, **kwargs):
    return proposed_rate * 0.98 if trade else proposed_rate

Kept.order_types = {**Kept.order_types, "entry": "limit", "force_entry": "market"}
Kept.position_adjustment_enable = True
Kept.adjust_trade_position, Kept.custom_entry_price = add_once, below
"""


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_an_addition_below_the_stop(tmp_path: Path, futures: bool) -> None:
    """The stop at 62370 is filled, the addition at 61740 is not: it is canceled, and buys nothing later."""
    pair = PERPETUAL if futures else SPOT
    with trading() as (venue, url), running(venue, tmp_path, futures=futures, more=ADDS) as bot:
        bot.rest("/forceenter", "POST", {"pair": pair})
        bot.eventually(lambda: stops(url), "the first stop")
        move_price(url, pair, 63000)
        bot.eventually(lambda: additions(url), "the addition")
        move_price(url, pair, 62300)
        bot.eventually(lambda: not bot.rest("/status"), "the end of the trade")
        assert bot.rest("/trades")["trades"][0]["exit_reason"] == "stoploss_on_exchange"
        bot.eventually(lambda: not additions(url), "the end of the addition")
        move_price(url, pair, 61000)
        loops(bot, 3)
        assert [side for side, _ in fills(url)] == ["BUY", "SELL"]
        assert "as its trade is closed" in bot.log.read_text()

"""A real live bot on the loopback Binance that adds to its position, while the stop rests on the exchange."""

from pathlib import Path

import pytest

from tests.support.bot import move_price
from tests.support.kept_stops import PERPETUAL, SPOT, additions, fills, loops, running, state, stops, trading
from tests.support.trader import control

PART = 0.004
ADDS = """
def add_once(self, trade, current_rate, **kwargs):
    adds = trade.nr_of_successful_entries == 1 and current_rate > 60050 and not trade.has_open_orders
    return 500.0 if adds else None

def below(self, proposed_rate, trade=None, **kwargs):
    return proposed_rate * 0.995 if trade else proposed_rate

Kept.order_types = {**Kept.order_types, "entry": "limit", "force_entry": "market"}
Kept.position_adjustment_enable = True
Kept.adjust_trade_position, Kept.custom_entry_price = add_once, below
"""


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_the_rest_of_an_addition_is_given_up(tmp_path: Path, futures: bool) -> None:
    """Two loops after a part of the addition was filled, its rest is canceled and one stop covers everything."""
    pair = PERPETUAL if futures else SPOT
    with trading() as (venue, url), running(venue, tmp_path, futures=futures, more=ADDS) as bot:
        bot.rest("/forceenter", "POST", {"pair": pair})
        bot.eventually(lambda: stops(url), "the first stop")
        move_price(url, pair, 60100)
        (addition,) = bot.eventually(lambda: additions(url), "the addition")
        loops(bot, 4)
        assert additions(url) == [addition], "an addition that is not filled may rest"
        control(url, "fill", order=addition, quantity=PART)
        bot.eventually(lambda: not additions(url), "the end of the addition")
        # Between the old stop and the new one there is none for a moment.
        first_fill = fills(url)[0][1]
        bot.eventually(lambda: any(stop["quantity"] > first_fill for stop in state(url)["stops"]), "the new stop")
        loops(bot, 2)
        assert "was filled in part, and it rests in a second loop" in bot.log.read_text()
        ((_, first), (_, part)) = fills(url)
        assert part == PART
        kept = 1.0 if futures else 0.999
        (stop,) = state(url)["stops"]
        assert stop["quantity"] == pytest.approx((first + part) * kept, abs=0.00002)
        assert bot.rest("/status")[0]["amount"] == stop["quantity"]

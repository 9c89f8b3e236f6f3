"""While an entry order rests without interruption, its fills are one first fill, even across several orders.

The strategy buys while its first order rests: Freqtrade cancels the rest of that order, and places another one.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.order_book import Book
from tests.support.resting_orders import RestingBot, Rests, resting, state_of
from tests.support.resting_settings import BTC, PARTIALS

CENT = Decimal("0.01")


class Eager(Rests):
    """Buys the test's stake, even if an order rests."""

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy at once."""
        stake, self.buys = self.buys, 0.0
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        return ours or (stake if stake > 0 else None)


def started(host: Host, block: dict[str, Any]) -> RestingBot:
    """Return a bot with candles of range 75."""
    bot = RestingBot(host, Book(60000.0), Eager, robustop=block)
    bot.analyze(BTC, 75.0, 60000.0)
    return bot


def in_two_orders(bot: RestingBot, price: float) -> Trade:
    """Return a trade that was partly filled at 60000, and whose second order rests at a price."""
    trade = bot.enter(BTC, 60000.0)
    bot.fill(resting(trade), 0.006)
    bot.strategy.buys = 600.0
    bot.loop(price)
    assert (trade.amount, trade.has_open_orders) == (0.006, True)
    return trade


def two_percent_below(price: float) -> float:
    """Return two percent below a price, rounded up to a cent."""
    return float((Decimal(str(price)) * Decimal("0.98")).quantize(CENT, ROUND_CEILING))


@pytest.mark.parametrize("price", [59500.0, 60500.0])
@pytest.mark.parametrize("loops", [0, 4])
def test_a_part_and_the_rest_at_another_price(spot: Host, price: float, loops: int) -> None:
    """The part has its stop at once, 58800; the initial stop and span of both come from the average."""
    bot = started(spot, PARTIALS)
    trade = in_two_orders(bot, price)
    assert trade.stop_loss == 58800.0
    for _ in range(loops):
        bot.loop(price)
    bot.fill(resting(trade))
    bot.loop(price)
    state, stop = state_of(bot, trade), two_percent_below(trade.open_rate)
    assert min(price, 60000.0) < trade.open_rate < max(price, 60000.0)
    assert state.position.initial_stop == stop
    assert (state.position.entry, state.position.risk_entry) == (trade.open_rate, None)
    assert (state.memory.stop, trade.stop_loss) == (max(stop, 58800.0),) * 2


def test_a_purchase_after_a_moment_without_an_entry_order_is_a_later_one(spot: Host) -> None:
    """The rest was cancelled, and a loop has passed: the initial stop stays at 58800, and the span follows."""
    bot = started(spot, PARTIALS)
    trade = bot.enter(BTC, 60000.0)
    bot.fill(resting(trade))
    bot.loop(60000.0)
    bot.loop(60000.0)
    bot.strategy.buys = 1000.0
    bot.loop(59500.0)
    bot.fill(resting(trade))
    bot.loop(59500.0)
    state = state_of(bot, trade)
    assert state.position.initial_stop == 58800.0
    assert state.position.entry == trade.open_rate < 60000.0


def test_a_first_fill_that_goes_on_while_the_bot_is_down(spot: Host) -> None:
    """Found at startup, without candles: the fallback of two percent applies first, then two ATR of 150."""
    block = {**PARTIALS, "initial_stop": {"kind": "atr", "multiplier": 2.0}}
    bot = started(spot, block)
    trade = in_two_orders(bot, 59900.0)
    assert trade.stop_loss == 59850.0
    bot.fill(resting(trade))
    restarted = RestingBot(spot, bot.book, Eager, robustop=block)
    restarted.startup()
    state = state_of(restarted, trade)
    assert state.position.initial_stop == two_percent_below(trade.open_rate)
    assert (state.memory.stop, trade.stop_loss) == (59850.0, 59850.0)
    restarted.analyze(BTC, 75.0, 60000.0)
    restarted.loop(60000.0)
    state = state_of(restarted, trade)
    assert state.position.initial_stop == pytest.approx(trade.open_rate - 150.0, abs=0.011)
    assert state.memory.atr_at_entry == 75.0
    assert (state.memory.stop, trade.stop_loss) == (59850.0, 59850.0)

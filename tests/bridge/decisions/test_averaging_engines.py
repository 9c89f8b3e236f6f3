"""Averaging resets the memory of engines: what was armed or active before a purchase is not so after it."""

from tests.support.averaging import block, bought, buy_more
from tests.support.host import Host
from tests.support.resting_orders import state_of

TRAIL = {"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 4.0}
ARMED = {"name": "smart_trail", "activation_percent": 50.0, "breakeven_percent": 0.1}
GUARD = {"name": "atr_guard", "breakeven_atr": 2.0, "trail_atr": 50.0}


def test_a_trail_that_protects_begins_anew(spot: Host) -> None:
    """A best of 101.5 gave 97.44, which stays; the next level comes from a best under the new average."""
    bot, trade = bought(spot, block(TRAIL))
    bot.loop(101.5)
    assert trade.stop_loss == 97.44
    buy_more(bot, 98.5)
    bot.loop(98.5)
    assert (trade.is_open, trade.stop_loss) == (True, 97.44)
    # 1.0 percent of the new average is 100.2425: before that, nothing is active.
    bot.loop(100.24)
    assert state_of(bot, trade).memory.stop == 97.44
    bot.loop(102.0)
    assert trade.stop_loss == 97.92


def test_a_trail_that_is_active_does_not_stay_active(spot: Host) -> None:
    """Active with a best of 102.2 and then averaged up to 102.1: one percent more is 103.13."""
    bot, trade = bought(spot, block({**TRAIL, "distance_percent": 2.0}))
    bot.loop(102.2)
    assert trade.stop_loss == 100.16
    buy_more(bot, 102.2, 200.0)
    assert trade.open_rate == 102.1
    bot.loop(103.0)
    assert trade.stop_loss == 100.16
    bot.loop(103.2)
    assert trade.stop_loss == 101.14


def test_an_armed_breakeven_does_not_stay_armed(spot: Host) -> None:
    """Armed at 100.1, with breakeven waiting at 100.15; for the new average it would be 99.40, and crossed."""
    bot, trade = bought(spot, block(ARMED))
    bot.loop(100.1)
    assert trade.stop_loss == 97.0
    buy_more(bot, 98.5)
    bot.loop(98.5)
    assert (trade.is_open, trade.stop_loss) == (True, 97.0)


def test_an_armed_guard_does_not_stay_armed(spot: Host) -> None:
    """Armed at 102 with an ATR of 1; then averaged up to 100.75 at 101.5, less than two ATR ahead."""
    bot, trade = bought(spot, block(GUARD))
    bot.loop(102.0)
    assert trade.stop_loss == 100.0
    buy_more(bot, 101.5)
    assert trade.open_rate == 100.75
    bot.loop(101.5)
    assert trade.stop_loss == 100.0
    bot.loop(102.75)
    assert trade.stop_loss == 100.75

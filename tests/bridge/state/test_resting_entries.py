"""A resting entry gets the stop of its fill, however long it rested and in whatever parts it was filled.

Two percent below 59900 is 58702, above 60100 it is 61302; Freqtrade's hard stop of ten percent would be 53910.
"""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.resting_orders import RestingBot, resting, state_of
from tests.support.resting_settings import BLOCKS, BTC, PARTIALS, PERPETUAL, started


def stop_and_risk(bot: RestingBot, trade: Trade) -> tuple[float, float, float]:
    """Return Freqtrade's stop, the decided one, and the distance of the initial stop from the entry."""
    state = state_of(bot, trade)
    risk = abs(state.position.entry - state.position.initial_stop)
    return trade.stop_loss, state.memory.stop, round(risk, 8)


@pytest.mark.parametrize("live", [True, False], ids=["live", "dry"])
@pytest.mark.parametrize("loops", [0, 1, 10])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_long_entry_that_rests(spot: Host, block: dict[str, Any], loops: int, live: bool) -> None:
    """Filled at 59900 after this many loops, its stop is 58702 and its span 1198."""
    bot = started(spot, block, live=live)
    trade = bot.enter(BTC, 59900.0)
    for _ in range(loops):
        bot.loop()
        assert trade.get_custom_data("robustop") is None
    bot.fill(resting(trade))
    bot.loop(59905.0)
    assert stop_and_risk(bot, trade) == (58702.0, 58702.0, 1198.0)


@pytest.mark.parametrize("leverage", [1.0, 2.0])
@pytest.mark.parametrize("loops", [0, 1, 10])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_short_entry_that_rests(futures: Host, block: dict[str, Any], loops: int, leverage: float) -> None:
    """Filled at 60100, its stop is 61302 and its span 1202, whatever the leverage."""
    bot = started(futures, block)
    bot.strategy.factor = leverage
    trade = bot.enter(PERPETUAL, 60100.0, short=True)
    for _ in range(loops):
        bot.loop()
    bot.fill(resting(trade))
    bot.loop(60095.0)
    assert trade.leverage == leverage
    assert stop_and_risk(bot, trade) == (61302.0, 61302.0, 1202.0)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_long_entry_of_a_perpetual_that_rests(futures: Host, block: dict[str, Any]) -> None:
    """At three times leverage the hard stop is 3.33 percent away, and the stop of the settings is nearer."""
    bot = started(futures, block)
    bot.strategy.factor = 3.0
    trade = bot.enter(PERPETUAL, 59900.0)
    bot.loop()
    bot.fill(resting(trade))
    bot.loop(59905.0)
    assert stop_and_risk(bot, trade) == (58702.0, 58702.0, 1198.0)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_an_entry_that_is_filled_in_part_and_given_up(spot: Host, block: dict[str, Any]) -> None:
    """The filled part is the trade: its stop is that of its fill."""
    bot = started(spot, block)
    trade = bot.enter(BTC, 59900.0)
    bot.loop()
    bot.fill(resting(trade), 0.006)
    bot.strategy.gives_up = True
    bot.loop()
    assert (trade.amount, trade.has_open_orders) == (0.006, False)
    assert stop_and_risk(bot, trade) == (58702.0, 58702.0, 1198.0)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_an_entry_that_is_filled_in_two_parts(spot: Host, block: dict[str, Any]) -> None:
    """One order is one fill: the second part arrives in the next loop."""
    bot = started(spot, block)
    trade = bot.enter(BTC, 59900.0)
    order = resting(trade)
    bot.loop()
    bot.fill(order, 0.006)
    bot.loop()
    bot.fill(order)
    bot.loop(59905.0)
    assert trade.amount == 0.01669
    assert stop_and_risk(bot, trade) == (58702.0, 58702.0, 1198.0)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize(("price", "stop"), [(59950.0, 58751.0), (59500.0, 58310.0)])
def test_an_entry_that_is_replaced(spot: Host, block: dict[str, Any], price: float, stop: float) -> None:
    """The stop is two percent from the paid price."""
    bot = started(spot, block)
    trade = bot.enter(BTC, 59900.0)
    bot.loop()
    bot.replace(price)
    bot.loop()
    assert len(trade.orders) == 2
    bot.loop()
    bot.fill(resting(trade))
    bot.loop(price + 1)
    assert trade.open_rate == price
    assert stop_and_risk(bot, trade) == (stop, stop, round(price - stop, 8))


def test_two_atr_of_an_entry_that_rests(spot: Host) -> None:
    """The candles at the fill count: two times 200 below 59900."""
    block = {**PARTIALS, "initial_stop": {"kind": "atr", "multiplier": 2.0}}
    bot = started(spot, block)
    trade = bot.enter(BTC, 59900.0)
    bot.loop()
    bot.analyze(BTC, 200.0, 60000.0)
    bot.fill(resting(trade))
    bot.loop(59905.0)
    assert stop_and_risk(bot, trade) == (59500.0, 59500.0, 400.0)
    assert state_of(bot, trade).memory.atr_at_entry == 200.0


def test_an_entry_that_rested_is_sold_at_two_spans(spot: Host) -> None:
    """At 59900 plus two times 1198 half of it is sold, and a tick before nothing is."""
    bot = started(spot, PARTIALS)
    trade = bot.enter(BTC, 59900.0)
    bot.loop()
    bot.fill(resting(trade))
    bot.book.rests = False
    bot.loop(62295.99)
    assert [order.ft_order_tag for order in trade.select_filled_orders("sell")] == []
    bot.loop(62296.0)
    assert [order.ft_order_tag for order in trade.select_filled_orders("sell")] == ["robustop_2R"]


def test_a_part_that_rests_beyond_its_stop_is_given_up(spot: Host) -> None:
    """A part was filled at 59900, the rest waits, and the price falls to 58700: the rest is cancelled."""
    bot = started(spot, PARTIALS, live=False)
    trade = bot.enter(BTC, 59900.0)
    bot.fill(resting(trade), 0.006)
    bot.loop(59800.0)
    assert trade.has_open_orders
    bot.book.rests = False
    bot.loop(58700.0)
    assert bot.book.orders["1"]["status"] == "canceled"
    bot.loop(58700.0)
    assert not trade.is_open
    assert sum(order.safe_filled for order in trade.select_filled_orders("sell")) == 0.006


def test_a_part_that_rests_is_given_up_after_two_loops(spot: Host) -> None:
    """In live trading nothing protects it before."""
    bot = started(spot, PARTIALS)
    trade = bot.enter(BTC, 59900.0)
    bot.fill(resting(trade), 0.006)
    bot.loop(59900.0)
    assert trade.has_open_orders
    bot.loop(59900.0)
    bot.loop(59900.0)
    assert (trade.amount, trade.has_open_orders) == (0.006, False)
    assert stop_and_risk(bot, trade) == (58702.0, 58702.0, 1198.0)

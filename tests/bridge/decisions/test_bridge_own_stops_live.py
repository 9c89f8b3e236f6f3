"""A bot with stops and options of the strategy's own: the tightest stop is in force, and what was off stays off."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.bridge.decisions.test_bridge_own_stops import NATIVE, follows, refreshes
from tests.support.both_orders import ACTS, NEVER, ORDERS, alone, protected
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import with_partials

pytestmark = pytest.mark.usefixtures("database")
RATES = (100.5, 103.0, 104.5, 103.9, 106.0)


def stops(host: Host, path: Path, strategy: Any) -> list[float]:
    """Return Freqtrade's stop after each loop."""
    bot = LiveBot(host, path / strategy.__name__, strategy)
    trade = bot.bought()
    found = []
    for rate in RATES:
        bot.loop(rate)
        assert trade.is_open
        found.append(trade.stop_loss)
    return found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("body", [follows([], 2.5), NATIVE["positive"], NATIVE["offset"]])
def test_the_tightest_stop_is_in_force_in_every_loop(
    host: Host, tmp_path: Path, order: str, body: dict[str, Any]
) -> None:
    """Beside a stop that never acts it is the strategy's; beside one that acts, the tighter of both alone."""
    own = stops(host, tmp_path, alone(body))
    assert stops(host, tmp_path / "never", protected(body, order, NEVER)) == own
    ours = stops(host, tmp_path / "ours", protected({}, order, ACTS))
    assert stops(host, tmp_path / "acts", protected(body, order, ACTS)) == [
        max(pair) for pair in zip(own, ours, strict=True)
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_a_callback_that_is_switched_off_is_not_asked_by_a_bot(host: Host, tmp_path: Path, order: str) -> None:
    """The bot's switch is on for robustop's stop, which moves as without that callback."""
    asked: list[tuple[Any, ...]] = []
    strategy = protected({**follows(asked, 1.0), "use_custom_stoploss": False}, order, ACTS)
    assert stops(host, tmp_path, strategy) == stops(host, tmp_path / "without", protected({}, order, ACTS))
    assert asked == []
    started = host.start(strategy, runmode="dry_run")
    assert started.use_custom_stoploss is started.config["use_custom_stoploss"] is True


@pytest.mark.parametrize("order", ORDERS)
def test_its_callback_is_asked_once_in_a_loop(host: Host, tmp_path: Path, order: str) -> None:
    """As often as without robustop, and not after the fill, which its signature does not name."""
    asked: list[tuple[Any, ...]] = []
    stops(host, tmp_path, protected(follows(asked, 2.5), order, ACTS))
    assert [question[1:] for question in asked] == [(rate, False) for rate in RATES]


def test_the_first_stop_is_there_after_the_fill(host: Host, tmp_path: Path) -> None:
    """Before any loop: an order on an exchange would be placed with it."""
    bot = LiveBot(host, tmp_path / "audit", protected(follows([], 2.5), "behind", ACTS))
    trade = bot.bought()
    assert (trade.stop_loss, trade.is_stop_loss_trailing) == (98.0, False)


def seen_from_elsewhere(strategy: Any) -> bool:
    """Return `position_adjustment_enable` as a thread of the API sees it."""
    seen: list[bool] = []
    thread = Thread(target=lambda: seen.append(strategy.position_adjustment_enable))
    thread.start()
    thread.join()
    return seen[0]


@pytest.mark.parametrize("own", [False, True])
def test_a_forced_entry_into_an_open_position_needs_the_strategy_s_own_switch(host: Host, own: bool) -> None:
    """Parts are sold by the bot's own loop; requests come from other threads and see what the strategy set."""
    strategy = protected({"position_adjustment_enable": own}, "behind", with_partials())
    started = host.start(strategy, runmode="dry_run")
    assert started.position_adjustment_enable is True
    assert seen_from_elsewhere(started) is own
    assert started.get_strategy_name() == "Mine"


def test_parts_are_sold_by_a_bot_that_had_it_switched_off(host: Host, tmp_path: Path) -> None:
    """Half is sold at 104, in the loop that sees it."""
    bot = LiveBot(host, tmp_path / "audit", protected({}, "behind", with_partials()))
    trade = bot.bought()
    bot.loop(104.0)
    assert [order.ft_order_tag for order in trade.select_filled_orders("sell")] == ["robustop_2R"]
    assert (trade.pair, trade.amount) == (PAIR, 5.0)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("body", [follows([], 2.5), NATIVE["positive"], NATIVE["offset"], refreshes(0.5)])
def test_no_stop_loosens_over_a_restart(host: Host, tmp_path: Path, order: str, body: dict[str, Any]) -> None:
    """A new process, and the old fill reported again: the stop at 102 stays, and goes on to 104."""
    strategy = protected(body, order, ACTS)
    bot = LiveBot(host, tmp_path / "audit", strategy)
    trade = bot.bought()
    for rate in (100.5, 103.0, 104.5):
        bot.loop(rate)
    found = [trade.stop_loss]
    bot = LiveBot(host, tmp_path / "audit", strategy)
    bot.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
    bot.strategy.ft_stoploss_adjust(104.5, trade, at(0), 0.0, 0, after_fill=True)
    found.append(trade.stop_loss)
    for rate in (104.4, 106.5):
        bot.loop(rate)
        found.append(trade.stop_loss)
    assert found == [102.0, 102.0, 102.0, 104.0]

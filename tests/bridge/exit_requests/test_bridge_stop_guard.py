"""The guard of a stop that should rest on the exchange, in Freqtrade's own loop.

The trade is 10 at 100 and the initial stop 98.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import InsufficientFundsError, InvalidOrderException, TemporaryError
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.stop_orders import ON_EXCHANGE, OnExchange, StopOrderBot

GUARDED = [("robustop_stop_guard", "market")]
REFUSALS = {
    "max algo orders": InvalidOrderException("Filter failure: MAX_NUM_ALGO_ORDERS"),
    "unavailable": TemporaryError("502"),
    "no coins": InsufficientFundsError("insufficient balance"),
}

pytestmark = pytest.mark.usefixtures("database")


def start(host: Host, path: Path, **over: Any) -> tuple[StopOrderBot, Trade]:
    """Return a live bot and its trade, whose stop rests on the exchange."""
    bot = StopOrderBot(host, path / "audit.jsonl", OnExchange, **over)
    trade = bot.bought()
    bot.loop(100.0)
    return bot, trade


def test_the_first_order_has_the_stop_of_the_engine(host: Host, tmp_path: Path) -> None:
    """Freqtrade's own stop is at 90; the first order is at the initial stop."""
    bot, trade = start(host, tmp_path)
    assert (bot.placed, trade.stop_loss) == ([(98.0, 10.0)], 98.0)
    assert bot.recorded("action", "old_stop", "new_stop", "engine")[1:] == [("published", None, 98.0, "exchange")]
    assert trade.get_custom_data("robustop")["exchange"]["stop"] == 98.0


def test_the_order_moves_one_loop_after_the_stop(host: Host, tmp_path: Path) -> None:
    """Freqtrade's own interval of a minute does not hold back what has passed the gate."""
    bot, trade = start(host, tmp_path)
    bot.loop(106.0)
    assert (trade.stop_loss, bot.live_stops) == (104.0, [98.0])
    bot.loop(106.0)
    assert bot.live_stops == [104.0]
    assert bot.recorded("action", "new_stop")[-1] == ("published", 104.0)


def test_an_order_that_rests_beyond_its_limit(host: Host, tmp_path: Path) -> None:
    """After a gap the order may still be filled for one loop; the next one leaves at market."""
    bot, trade = start(host, tmp_path)
    bot.fills = False
    bot.loop(95.0)
    assert (bot.left(trade), bot.live_stops) == ([], [98.0])
    bot.loop(95.0)
    assert (bot.left(trade), bot.live_stops, trade.is_open) == (GUARDED, [], False)
    assert bot.recorded("action", "reason")[-2:] == [("exit", "robustop_stop_guard"), ("closed", "robustop_stop_guard")]


def test_a_price_that_comes_back_is_not_left(host: Host, tmp_path: Path) -> None:
    """Looks beyond the stop count only in a row."""
    bot, trade = start(host, tmp_path)
    bot.fills = False
    for rate in (95.0, 99.0, 95.0, 99.0):
        bot.loop(rate)
    assert (bot.left(trade), bot.live_stops) == ([], [98.0])


def test_a_stop_filled_on_the_exchange(host: Host, tmp_path: Path) -> None:
    """The exchange's own fill closes the trade; nothing is sold beside it."""
    bot, trade = start(host, tmp_path)
    bot.loop(97.9)
    assert (trade.is_open, trade.exit_reason, bot.left(trade)) == (False, "stoploss_on_exchange", [])


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_a_refused_stop_is_checked_by_the_bot(host: Host, tmp_path: Path, refusal: Exception) -> None:
    """Without an order on the exchange a healthy position stays, and is left in the loop that reaches the stop."""
    bot, trade = start(host, tmp_path)
    bot.refusal = refusal
    bot.cancel_by_hand()
    bot.loop(100.0)
    assert (bot.left(trade), bot.live_stops, trade.is_open) == ([], [], True)
    bot.loop(97.9)
    assert not trade.is_open
    assert bot.left(trade)[0][1] == "market"
    assert bot.recorded("action", "new_stop")[2] == ("unpublished", 98.0), "the stop that the bot checks"


def test_a_stop_is_placed_again_once_it_is_accepted(host: Host, tmp_path: Path) -> None:
    """Freqtrade tries again in every loop."""
    bot, trade = start(host, tmp_path)
    bot.refusal = InvalidOrderException("Filter failure: MAX_NUM_ALGO_ORDERS")
    bot.cancel_by_hand()
    bot.loop(100.0)
    bot.refusal = None
    bot.loop(100.0)
    assert (bot.live_stops, trade.is_open) == ([98.0], True)


def test_a_stop_canceled_by_hand_beyond_it(host: Host, tmp_path: Path) -> None:
    """The exchange refuses a stop beyond the price, and Freqtrade's emergency exit is right."""
    bot, trade = start(host, tmp_path)
    bot.cancel_by_hand()
    bot.loop(97.0)
    assert (trade.is_open, bot.left(trade)) == (False, [("emergency_exit", "market")])


def test_an_exit_that_rests_without_a_stop(host: Host, tmp_path: Path) -> None:
    """Freqtrade has canceled the stop for a limit exit; the price falls to the stop meanwhile."""
    bot, trade = start(host, tmp_path)
    bot.cancel_by_hand()
    bot.rest(trade, "sell", 10.0, 104.0)
    bot.loop(99.0)
    assert bot.left(trade) == [("mine", "limit")]
    bot.loop(97.9)
    assert bot.left(trade)[-1] == ("robustop_stop_guard", "market")
    assert not trade.is_open


def test_an_order_that_is_looser_than_the_stop(host: Host, tmp_path: Path) -> None:
    """The stop moved to 104 and its order could not: the price at 103.9 is beyond the stop."""
    bot, trade = start(host, tmp_path)
    bot.loop(106.0)
    bot.refusal = TemporaryError("502")
    bot.loop(103.9)
    assert not trade.is_open
    assert bot.left(trade) == GUARDED


def test_the_mark_price_is_waited_for(host: Host, tmp_path: Path) -> None:
    """An order that triggers on the mark price may rightly rest while the last price is beyond the stop."""
    order_types = {**ON_EXCHANGE, "stoploss_price_type": "mark"}
    bot, trade = start(host, tmp_path, order_types=order_types)
    bot.fills = False
    for _ in range(4):
        bot.loop(97.5)
    assert bot.left(trade) == []
    for _ in range(2):
        bot.loop(97.0)
    assert bot.left(trade) == GUARDED, "beyond the limit of 97.02 it does not fill"

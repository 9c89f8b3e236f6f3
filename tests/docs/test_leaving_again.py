"""Leaving robustop again: what a bot keeps of it, as the how-to says, and what the next start resets."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.both_orders import ACTS, alone, protected
from tests.support.hand_candles import PERCENT
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.trades import in_database

pytestmark = pytest.mark.usefixtures("database")
MINE = protected({}, "behind", {**ACTS, "breakeven": PERCENT})


def restarted(host: Host, path: Path, body: dict[str, Any] | None = None) -> LiveBot:
    """Return a bot without robustop on the database of the one before, after Freqtrade's own steps at a start."""
    bot = LiveBot(host, path, alone(body or {}))
    Trade.stoploss_reinitialization(bot.strategy.stoploss)
    return bot


def test_the_stop_stays_and_nothing_moves_it(host: Host, tmp_path: Path) -> None:
    """At 104.5 it is one span above the entry, at 102; without robustop it is still hit there, after a high of 110."""
    before = LiveBot(host, tmp_path / "audit", MINE)
    trade = before.bought()
    before.loop(104.5)
    assert (trade.stop_loss, trade.get_custom_data("robustop") is not None) == (102.0, True)
    bot = restarted(host, tmp_path / "audit")
    for rate in (103.0, 110.0, 102.5):
        bot.loop(rate)
        assert (trade.is_open, trade.stop_loss) == (True, 102.0)
    bot.loop(101.9)
    assert (trade.is_open, trade.exit_reason) == (False, "trailing_stop_loss")
    assert trade.get_custom_data("robustop") is not None


def test_the_strategy_s_own_stop_moves_it_on(host: Host, tmp_path: Path) -> None:
    """A native trail of five percent is at 104.50 after 110."""
    before = LiveBot(host, tmp_path / "audit", MINE)
    trade = before.bought()
    before.loop(104.5)
    bot = restarted(host, tmp_path / "audit", {"trailing_stop": True, "trailing_stop_positive": 0.05})
    bot.loop(110.0)
    assert trade.stop_loss == 104.5


@pytest.mark.parametrize(("stoploss", "stop"), [(-0.10, 98.0), (-0.20, 80.0)])
def test_another_stoploss_resets_a_stop_that_has_not_moved(
    host: Host, tmp_path: Path, stoploss: float, stop: float
) -> None:
    """Freqtrade compares it with the one of the entry, and then takes the new one, even farther away."""
    trade = LiveBot(host, tmp_path / "audit", MINE).bought()
    assert trade.stop_loss == 98.0
    restarted(host, tmp_path / "audit", {"stoploss": stoploss})
    assert trade.stop_loss == stop


def test_another_stoploss_leaves_a_stop_that_has_moved(host: Host, tmp_path: Path) -> None:
    """A stop at 102 counts as trailing."""
    before = LiveBot(host, tmp_path / "audit", MINE)
    trade = before.bought()
    before.loop(104.5)
    restarted(host, tmp_path / "audit", {"stoploss": -0.20})
    assert trade.stop_loss == 102.0


def test_with_robustop_back_the_trade_goes_on(host: Host, tmp_path: Path) -> None:
    """The state is read again: the same initial stop, and two spans above the entry after a high of 106."""
    before = LiveBot(host, tmp_path / "audit", MINE)
    trade = before.bought()
    before.loop(104.5)
    restarted(host, tmp_path / "audit").loop(103.0)
    back = LiveBot(host, tmp_path / "audit", MINE)
    back.loop(106.0)
    assert (trade.is_open, trade.stop_loss) == (True, 104.0)
    assert "adopted" not in [action for (action,) in back.recorded("action")]


def test_a_reset_by_another_stoploss_is_undone_with_robustop(host: Host, tmp_path: Path) -> None:
    """The same restart with robustop ends with the decided stop after the first look."""
    trade = LiveBot(host, tmp_path / "audit", MINE).bought()
    wide = protected({"stoploss": -0.20}, "behind", {**ACTS, "breakeven": PERCENT})
    bot = LiveBot(host, tmp_path / "audit", wide)
    Trade.stoploss_reinitialization(bot.strategy.stoploss)
    assert trade.stop_loss == 80.0
    bot.loop(100.5)
    assert trade.stop_loss == 98.0


def test_a_level_that_robustop_held_by_itself_is_gone(host: Host, tmp_path: Path) -> None:
    """One span of ten below the best price of 106 is 96, while the rate is 98: it never reached Freqtrade."""
    ladder = {"name": "r_ladder", "rungs": [[0.5, 1.0]]}
    block = {**ACTS, "breakeven": PERCENT, "engines": [ladder], "initial_stop": {"kind": "percent", "percent": 10.0}}
    before = LiveBot(host, tmp_path / "audit", protected({}, "behind", block))
    trade = in_database(max_rate=106.0, fee_open_currency="USDT")
    before.loop(98.0)
    state = before.strategy._robustop.store.get(trade)
    assert (trade.stop_loss, state.memory.level.price) == (90.0, 96.0)
    bot = restarted(host, tmp_path / "audit")
    bot.loop(95.9)
    assert (trade.is_open, trade.stop_loss) == (True, 90.0)

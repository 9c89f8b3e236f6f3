"""The kill switch on a real bot: a panic from another process closes the position, a resume allows entries again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support import warm
from tests.support.bot import Bot, move_price

PAIR = "BTC/USDT"
STRATEGY = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Stubborn(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    robustop = {"initial_stop": {"kind": "percent", "percent": 1.0}, "breakeven": {"mode": "percent"}, "partials": []}

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
    def confirm_trade_exit(self, *args, **kwargs): return False
"""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """Yield a running bot on a venue, stopped at the end of the test."""
    write_market(tmp_path / "market", days=1)
    folder = tmp_path / "bot"
    folder.mkdir()
    with Venue(markets_of(tmp_path / "market"), tmp_path / "market").serve() as url:
        move_price(url, PAIR, 50000)
        bot = Bot(folder, offline_overlay(url, [PAIR]), "Stubborn", STRATEGY)
        bot.start()
        yield bot
        bot.kill()


def robustop(bot: Bot, command: str, *arguments: str) -> str:
    """Return the output of a command that a user runs beside the bot."""
    words = [str(warm.BIN / "robustop"), command, "--db-url", f"sqlite:///{bot.database}", "--yes", *arguments]
    return str(warm.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def enter(bot: Bot) -> None:
    """Request an entry and wait until it is filled."""
    bot.rest("/forceenter", "POST", {"pair": PAIR, "side": "long"})
    bot.eventually(lambda: bot.rest("/status"), "the entry")
    bot.eventually(lambda: not bot.rest("/status")[0]["has_open_orders"], "the fill")


def test_a_panic_beside_a_running_bot(bot: Bot) -> None:
    """The position exits despite the strategy's veto; kill -9 does not end the panic, resume does."""
    enter(bot)
    assert PAIR in robustop(bot, "panic", "--reason", "hack")
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    assert closed["exit_reason"] == "robustop_emergency"

    bot.kill()
    bot.start()
    with pytest.raises(AssertionError, match="forceenter"):
        bot.rest("/forceenter", "POST", {"pair": PAIR, "side": "long"})
    assert f"the entry into {PAIR} is refused: panic (hack)" in bot.log.read_text()
    assert bot.rest("/status") == []

    robustop(bot, "resume")
    enter(bot)
    (trade,) = bot.rest("/status")
    robustop(bot, "panic", "--trade-id", str(trade["trade_id"]))
    bot.eventually(lambda: not bot.rest("/status"), "the exit by hand")
    assert bot.rest("/trades")["trades"][-1]["exit_reason"] == "robustop_manual"
    enter(bot)

"""How often a bot commits: at events, and once for the facts of a new candle, however many positions there are."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade
from sqlalchemy import event

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.indicators import ATR_COLUMN
from tests.support.bots import KEY
from tests.support.hand_candles import PERCENT, TWO_PERCENT, Hand, at
from tests.support.host import Host
from tests.support.trades import in_database

POSITIONS = 12
GUARDED = {
    "partials": [],
    "breakeven": PERCENT,
    "initial_stop": TWO_PERCENT,
    "engines": [{"name": "atr_guard", "breakeven_atr": 20.0}],
}


class CountedBot:
    """A dry-run bot with many positions, whose commits are counted.

    Attributes:
        atr: The ATR of the last candle.
        trades: The positions, each bought at 100.
        commits: One entry for each committed transaction.
    """

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch, **over: Any) -> None:
        """Start, and buy."""
        self.atr = 1.0
        monkeypatch.setattr(AnalyzedCandles, "last", lambda _, __, column: self.atr if column == ATR_COLUMN else None)
        self.strategy = host.start(Hand, runmode="dry_run", **over)
        self.trades = [in_database(max_rate=None, min_rate=None) for _ in range(POSITIONS)]
        for trade in self.trades:
            self.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
            self.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        self.loop(100.0, 1)
        self.commits: list[None] = []
        event.listen(Trade.session.get_bind(), "commit", lambda _: self.commits.append(None))

    def loop(self, price: float, seconds: int) -> None:
        """Check all positions this long after the entry, and commit as Freqtrade does."""
        self.strategy.analyze([])
        for trade in self.trades:
            self.strategy.should_exit(trade, price, at(0) + timedelta(seconds=seconds), enter=False, exit_=False)
        Trade.commit()

    def written(self, name: str) -> list[Any]:
        """Return a part of what the database holds of each memory."""
        return [trade.get_custom_data(KEY)["memory"][name] for trade in self.trades]


def test_new_highs_are_not_written(host: Host, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop in which every position makes a new high commits once, as Freqtrade alone."""
    bot = CountedBot(host, monkeypatch)
    for number, price in enumerate((100.5, 101.0, 101.5), start=2):
        bot.commits.clear()
        bot.loop(price, number)
        assert len(bot.commits) == 1
    assert bot.written("best") == [100.0] * POSITIONS
    assert [trade.max_rate for trade in bot.trades] == [101.5] * POSITIONS


def test_each_move_of_a_stop_is_written_at_once(host: Host, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop in which every stop moves commits each move before Freqtrade commits its own."""
    bot = CountedBot(host, monkeypatch)
    bot.loop(102.0, 2)
    assert len(bot.commits) == POSITIONS + 1
    assert bot.written("stop") == [100.15] * POSITIONS


def test_the_atr_of_a_new_candle_is_written_with_the_next_loop_in_one_commit(
    host: Host, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes no decision yet: twelve states are written together, once."""
    bot = CountedBot(host, monkeypatch, robustop=GUARDED)
    bot.atr = 0.7
    bot.loop(100.5, 301)
    assert len(bot.commits) == 1
    assert bot.written("atr") == [1.0] * POSITIONS
    bot.commits.clear()
    bot.strategy.analyze([])
    assert len(bot.commits) == 1
    assert bot.written("atr") == [0.7] * POSITIONS
    bot.commits.clear()
    bot.strategy.analyze([])
    assert bot.commits == []

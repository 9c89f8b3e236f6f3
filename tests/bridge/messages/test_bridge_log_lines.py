"""Log lines about decisions: a sentence, a tail that can be split, and the same facts for programs."""

import logging
import shlex

import pytest

from tests.support.bots import Bot
from tests.support.fault_injection import UP
from tests.support.hand_candles import Hand
from tests.support.host import Host

NAME = "robustop_plugin.bridge.messages.log_lines"


def test_a_move_is_logged_with_its_facts(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """Trade, pair, engine, rule, old and new stop are in the tail, and fields of the record."""
    caplog.set_level(logging.INFO, NAME)
    trade = bot.bought(100.0)
    bot.look(trade, 104.0)
    (record,) = [record for record in caplog.records if getattr(record, "action", None) == "move"]
    text, tail = record.getMessage().split(" | ")
    assert text == f"robustop: HAND/USDT long (trade {trade.id}): the stop moves"
    facts = dict(part.split("=", 1) for part in shlex.split(tail))
    expected = {"trade": f"{trade.id}", "pair": "HAND/USDT", "action": "move", "engine": "hand_span", "rule": "trail"}
    assert facts == {**expected, "old": "98", "new": "102", "price": "104"}
    assert (record.trade, record.pair, record.engine, record.rule) == (trade.id, "HAND/USDT", "hand_span", "trail")
    assert (record.old, record.new, record.price) == (98.0, 102.0, 104.0)


def test_each_event_is_one_line(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """The fill and the exit have one line each, and a look that changes nothing has none."""
    caplog.set_level(logging.INFO, NAME)
    trade = bot.bought(100.0)
    for candle in (1, 2, 3):
        bot.look(trade, 100.5, candle)
    actions = [record.action for record in caplog.records if record.name == NAME]
    assert actions == ["initial"]


def test_a_backtest_logs_no_decision(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Its decisions are in the audit."""
    caplog.set_level(logging.INFO, NAME)
    played = host.play(Hand, UP)
    assert played.trade.stop_loss == 104.0
    assert [record for record in caplog.records if record.name == NAME] == []

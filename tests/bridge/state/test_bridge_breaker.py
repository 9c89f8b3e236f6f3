"""The breaker: a question that fails again and again about one trade pauses, and everything that protects it goes on.

Trades are bought at 100 with the stop at 98; one span of 2 locks breakeven at 100.15, two spans lock 102.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType

from robustop_plugin.audit.requests import PANIC, Requests
from robustop_plugin.bridge.decisions import manager
from robustop_plugin.bridge.startup import earlier_bot
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK
from tests.support.host import Host
from tests.support.resting_bots import wants

COOLDOWN = 300.0


class Engines:
    """Replaces the decision: it fails for entries at 100 while `broken`, and is counted."""

    def __init__(self) -> None:
        """Start broken."""
        self.broken, self.asked, self.real = True, 0, manager.decide

    def __call__(self, position: Any, *args: Any) -> Any:
        """Decide, or fail."""
        if position.entry != 100.0:
            return self.real(position, *args)
        self.asked += 1
        if self.broken:
            raise RuntimeError("broken on purpose")
        return self.real(position, *args)


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Break the engines for trades whose entry is 100."""
    broken = Engines()
    monkeypatch.setattr(manager, "decide", broken)
    return broken


@pytest.fixture
def sent(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the growing list of messages."""
    texts: list[str] = []
    monkeypatch.setattr(bot.strategy.dp, "send_msg", lambda text, **_: texts.append(text))
    return texts


def breaker_of(bot: Bot, seconds: float) -> None:
    """Set the steady clock of a bot's breaker."""
    bot.strategy._robustop.breaker.clock = lambda: seconds


def breaks(bot: Bot, engines: Engines) -> Any:
    """Return a trade whose breaker has just opened, at second 0."""
    engines.broken = False
    trade = bot.bought(100.0)
    engines.broken, engines.asked = True, 0
    breaker_of(bot, 0.0)
    for candle in range(1, 6):
        bot.look(trade, 100.5, candle)
    return trade


def of_breaker(texts: list[str]) -> list[str]:
    """Return the messages of a breaker."""
    return [text for text in texts if "in a row" in text or "is closed" in text]


def test_it_opens_after_five_errors_and_says_so_once(bot: Bot, engines: Engines, sent: list[str]) -> None:
    """The engines are asked five times, and not again within the cooldown; the stop stays at 98."""
    trade = breaks(bot, engines)
    for candle in range(6, 20):
        breaker_of(bot, COOLDOWN - 1)
        bot.look(trade, 104.0, candle)
    assert engines.asked == 5
    assert trade.stop_loss == 98.0
    (text,) = of_breaker(sent)
    words = ("HAND/USDT", f"trade {trade.id}", "5 times in a row", "every 300 s", "the stop in force, 98, stays")
    assert all(word in text for word in words), text
    assert [action for (action,) in bot.records("action")].count("breaker") == 1
    assert [action for (action,) in bot.records("action")].count("error") == 5


def test_it_tries_again_and_says_when_it_closes(bot: Bot, engines: Engines, sent: list[str]) -> None:
    """One try after each cooldown; once a try succeeds the stop moves to 102, and the breaker is closed."""
    trade = breaks(bot, engines)
    for tries, seconds in ((6, COOLDOWN), (6, COOLDOWN + 1), (7, 2 * COOLDOWN), (7, 2 * COOLDOWN + 1)):
        breaker_of(bot, seconds)
        bot.look(trade, 100.5, 30)
        assert engines.asked == tries
    assert len(of_breaker(sent)) == 1
    assert bot.strategy._robustop.errors.failures == 5
    engines.broken = False
    breaker_of(bot, 3 * COOLDOWN)
    bot.look(trade, 104.0, 40)
    assert trade.stop_loss == 102.0
    assert "the breaker is closed" in of_breaker(sent)[1]
    assert [reason for action, reason in bot.records("action", "reason") if action == "breaker"][1:] == [
        "where the stop belongs can be decided again: the breaker is closed"
    ]


def test_an_answer_between_two_errors_resets_the_count(bot: Bot, engines: Engines, sent: list[str]) -> None:
    """Four errors, one answer and four errors open nothing; the fifth in a row does."""
    engines.broken = False
    trade = bot.bought(100.0)
    for candle, broken in enumerate([True] * 4 + [False] + [True] * 5, 1):
        assert of_breaker(sent) == []
        engines.broken = broken
        bot.strategy._robustop.open_trades.of(trade).bounds = None  # each price needs a decision
        bot.look(trade, 100.5, candle)
    assert engines.asked == 10
    assert len(of_breaker(sent)) == 1


def test_the_other_trades_stay_protected(bot: Bot, engines: Engines, sent: list[str]) -> None:
    """While the breaker of one trade is open, the stop of another moves: at 50 with the stop at 49, 52 locks 51."""
    other = bot.bought(
        50.0, price=50.0, stop_loss=45.0, initial_stop_loss=45.0, max_rate=None, min_rate=None, open_rate=50.0
    )
    trade = breaks(bot, engines)
    bot.look(other, 52.0, 9)
    assert (trade.stop_loss, other.stop_loss) == (98.0, 51.0)


def test_freqtrade_still_checks_the_stop(bot: Bot, engines: Engines) -> None:
    """The stop in force at 98 is Freqtrade's to check, with or without the engines."""
    trade = breaks(bot, engines)
    assert bot.look(trade, 97.9, 9) == [(ExitType.STOP_LOSS, "stop_loss")]


@pytest.mark.parametrize("errors", [1, 5])
def test_a_stop_that_freqtrade_does_not_know_is_still_left_at(bot: Bot, engines: Engines, errors: int) -> None:
    """A stop at 99 that was decided under water is virtual: the price that reaches it is an exit without a decision."""
    engines.broken = False
    trade = bot.bought(100.0)
    bot.look(trade, 99.5)
    wants(bot.strategy, trade, 99.0)
    bot.look(trade, 99.6, 2)
    assert trade.stop_loss == 98.0
    engines.broken = True
    for candle in range(3, 3 + errors):
        assert bot.look(trade, 99.5, candle) == []
    assert bot.look(trade, 98.9, 9) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]


def test_a_panic_closes_the_trade(host: Host, tmp_path: Path, polled_requests: Requests, engines: Engines) -> None:
    """What a person asks for needs no engine."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = breaks(bot, engines)
    polled_requests.ask(PANIC, 1.0, "hack")
    assert bot.look(trade, 100.5, 9) == [(ExitType.EMERGENCY_EXIT, "robustop_emergency")]


@pytest.mark.usefixtures("database")
def test_it_stays_open_when_the_configuration_is_read_again(
    host: Host, tmp_path: Path, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strategy that is made of the new configuration asks nothing before the cooldown is over."""
    monkeypatch.setattr(earlier_bot, "_kept", {})
    before = Bot(host, tmp_path / "audit.jsonl", config_files=["config.json"])
    trade = breaks(before, engines)
    after = Bot(host, tmp_path / "audit.jsonl", config_files=["config.json"])
    breaker_of(after, COOLDOWN - 1)
    after.look(trade, 100.5, 9)
    assert engines.asked == 5
    breaker_of(after, COOLDOWN)
    after.look(trade, 100.5, 10)
    assert engines.asked == 6


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("breaker", "asked"), [({"failures": 2}, 2), (None, 8), ({"failures": 8}, 8)])
def test_the_settings_choose_when_it_opens(
    host: Host, tmp_path: Path, engines: Engines, breaker: dict[str, Any] | None, asked: int
) -> None:
    """`failures` errors in a row open it; `null` switches it off."""
    engines.broken = False
    bot = Bot(host, tmp_path / "audit.jsonl", robustop={**BLOCK, "breaker": breaker})
    trade = bot.bought(100.0)
    engines.broken, engines.asked = True, 0
    breaker_of(bot, 0.0)
    for candle in range(1, 9):
        bot.look(trade, 100.5, candle)
    assert engines.asked == asked

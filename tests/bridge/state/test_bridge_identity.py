"""Everything stored under a trade's id belongs to that trade alone, and one thread is handled at a time."""

from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import EXIT, Requests
from robustop_plugin.bridge.exit_requests.drawdown import PortfolioDrawdown
from robustop_plugin.bridge.facts.identity import identity_of
from robustop_plugin.bridge.state.last_checks import PriceSeen
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from tests.support.bots import KEY, Bot
from tests.support.hand_candles import START, at, block
from tests.support.host import Host
from tests.support.trades import in_database


@pytest.fixture
def bot(host: Host, path: Path, tmp_path: Path) -> Bot:
    """Return a bot on a trade database in a file."""
    return Bot(host, tmp_path / "audit.jsonl")


def another(trade: Trade, **over: Any) -> Trade:
    """Delete a trade as a user does, and return another one that got its id."""
    number = trade.id
    trade.delete()
    new = in_database(**{"max_rate": None, "min_rate": None, "open_date": START + timedelta(minutes=7), **over})
    assert new.id == number
    return new


def test_a_request_to_close_a_trade_that_is_gone_hits_no_other(bot: Bot, requests: Requests) -> None:
    """A user asks to close trade 1, which is deleted before the bot polls; the next trade 1 stays."""
    trade = bot.bought()
    requests.ask(EXIT, at(1).timestamp(), "delisted", (trade.id,))
    new = another(trade)
    bot.fill(new, candle=2)
    assert bot.look(new, 101.0, 3) == []
    assert requests.standing().exits == {}


def test_a_request_for_the_new_trade_of_a_number_is_heard(bot: Bot, requests: Requests) -> None:
    """A request made after the new trade was opened applies to it."""
    new = another(bot.bought())
    bot.fill(new, candle=2)
    requests.ask(EXIT, at(3).timestamp(), "delisted", (new.id,))
    assert [reason for _, reason in bot.look(new, 101.0, 4)] == ["robustop_manual"]


def test_a_row_of_a_trade_that_was_deleted_in_the_database_is_dropped(bot: Bot, host: Host) -> None:
    """A user deletes the trade with SQL and leaves its custom data behind: the next trade 1 starts fresh."""
    trade = bot.bought()
    bot.look(trade, 104.0)
    left_behind = trade.get_custom_data(KEY)
    new = another(trade, price=50.0, stop_loss=45.0, initial_stop_loss=45.0)
    new.set_custom_data(KEY, left_behind)
    restarted = Bot(host, bot.path)
    restarted.fill(new, candle=2)
    restarted.strategy.ft_stoploss_adjust(50.0, new, at(2), 0.0, 0, after_fill=True)
    assert new.stop_loss == 49.0
    assert new.get_custom_data(KEY)["position"]["entry"] == 50.0


def test_a_state_of_an_older_schema_does_not_know_its_pair(bot: Bot, host: Host) -> None:
    """It stays valid if id, opening time and side match."""
    trade = bot.bought()
    bot.look(trade, 104.0)
    assert bot.records("action") == [("initial",), ("move",)]
    state = trade.get_custom_data(KEY)
    state["schema"] = 2
    del state["pair"], state["entries"], state["exchange"], state["position"]["risk_entry"]
    trade.set_custom_data(KEY, state)
    restarted = Bot(host, bot.path)
    restarted.look(trade, 106.0, 2)
    assert trade.stop_loss == 104.0
    assert restarted.records("action") == [("initial",), ("move",), ("move",)]
    written = trade.get_custom_data(KEY)
    assert (written["schema"], written["pair"]) == (4, trade.pair)
    Bot(host, bot.path).look(trade, 108.0, 3)
    assert trade.stop_loss == 106.0


def test_the_portfolio_forgets_the_price_of_a_trade_that_is_gone(bot: Bot) -> None:
    """A trade at 100 was checked; the next one with its id, at 5000, has no price until it is checked."""
    open_trades = OpenTrades()
    portfolio = PortfolioDrawdown(5.0, lambda: 2000.0, open_trades, simulated=False)
    trade = bot.bought()
    portfolio.on_price(trade, 100.0)
    assert portfolio.check() is None
    assert portfolio.peak == 0.0
    number = trade.id
    open_trades.forget(number)
    another(trade, price=5000.0)
    assert portfolio.check() is None
    assert portfolio.peak == 0.0


def test_a_bot_forgets_all_that_was_kept_under_a_number(host: Host, path: Path, tmp_path: Path) -> None:
    """Portfolio prices, decided exits and past checks: nothing carries over to the new trade."""
    limit = {**block(), "max_drawdown_percent": 50.0}
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=limit, dry_run_wallet=2000)
    trade = bot.bought()
    bot.look(trade, 101.0)
    open_trades = bot.strategy._robustop.open_trades
    kept = open_trades.of(trade)
    assert kept.price_seen == PriceSeen(101.0, None)
    assert (kept.requests.price, kept.state.memory.best) == (101.0, 101.0)
    new = another(trade, price=5000.0, pair="OTHER/USDT")
    bot.strategy._robustop.meet(new)
    met = new.open_date, new.pair, new.is_short
    assert open_trades.of(new) == LiveTrade(identity=identity_of(new), met=met)


def test_one_thread_is_answered_at_a_time(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the main loop decides, a fill from the API waits; then it is processed."""
    trade, manager = bot.bought(), bot.strategy._robustop
    deciding, go_on, handled = Event(), Event(), Event()
    decide = manager._decide

    def slowly(*args: Any) -> Any:
        deciding.set()
        assert go_on.wait(10)
        return decide(*args)

    monkeypatch.setattr(manager, "_decide", slowly)
    monkeypatch.setattr(manager.states, "entry_filled", lambda *_: handled.set())
    looks = Thread(target=manager.stop_at, args=(trade, 101.0, at(1), False))
    fills = Thread(target=manager.filled, args=(trade, trade.orders[0], at(1)))
    looks.start()
    assert deciding.wait(10)
    fills.start()
    assert not handled.wait(0.2)
    go_on.set()
    assert handled.wait(10)
    looks.join(10)
    fills.join(10)

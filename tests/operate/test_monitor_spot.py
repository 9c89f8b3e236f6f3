"""A real live bot on spot: a clean life in which nothing is found, then faults that only spot has, and the breaker."""

from itertools import count
from pathlib import Path
from typing import Any

from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, ask, move_price
from tests.support.kept_stops import SPOT, fault, state, stops, trading
from tests.support.monitored import (
    BROKEN,
    cancel_stops,
    control,
    looked_at,
    monitor,
    names,
    sentences,
    stranger,
    watched,
)

# 2 % below an entry at 60000.01, the ask.
FIRST_STOP = 58800.01


def test_planted_faults_are_named_and_a_clean_life_is_not(tmp_path: Path) -> None:
    """Each fault that is planted is found, with its trade, and nothing else is."""
    with trading() as (venue, url), watched(venue, url, tmp_path, partials=[[2.0, 0.5]], more=BROKEN) as bot:
        with looked_at(bot) as watch:
            live_cleanly(bot, url)
            bot.eventually(lambda: watch.looks >= 20, "the looks")
        assert sentences(watch) == []
        assert monitor(bot)["findings"] == []
        coins_are_bought_by_hand(bot, url)
        nothing_can_be_decided(bot, url, tmp_path / "broken")
        a_second_stop_is_placed(bot, venue, url)
        what_cannot_be_looked_at_is_said(bot, url)


def live_cleanly(bot: Bot, url: str) -> None:
    """Enter, go to breakeven, sell a part, leave at the stop, and enter again."""
    bot.rest("/forceenter", "POST", {"pair": SPOT})
    bot.eventually(lambda: stops(url) == [FIRST_STOP], "the first stop")
    move_price(url, SPOT, 61300)
    bot.eventually(lambda: stops(url) and stops(url)[0] > 60000, "the breakeven")
    move_price(url, SPOT, 62500)
    bot.eventually(lambda: len(state(url)["fills"]) == 2, "a part")
    bot.eventually(lambda: stops(url) and stops(url)[0] > 61000, "the trail, and the stop of the rest")
    move_price(url, SPOT, 60500)
    bot.eventually(lambda: not bot.rest("/status"), "the exit at the stop")
    move_price(url, SPOT, 60000)
    bot.rest("/forceenter", "POST", {"pair": SPOT})
    bot.eventually(lambda: stops(url) == [FIRST_STOP], "the stop of the second trade")


def coins_are_bought_by_hand(bot: Bot, url: str) -> None:
    """They are found, unless a person says that they are known."""
    control(url, "trade", pair=SPOT, side="BUY", quantity=0.01)
    found = monitor(bot)
    assert names(found) == {("unexplained_holding", 2)}
    assert "0.00999002 are protected by nothing" in found["findings"][0]["sentence"]
    assert names(monitor(bot, "--ignore", "unexplained_holding:BTC")) == set()


def nothing_can_be_decided(bot: Bot, url: str, broken: Path) -> None:
    """Two errors in a row open the breaker, so that a gain of 1R moves no stop; then it closes again."""
    broken.touch()
    prices = count(61300)

    def is_open() -> bool:
        # A price that is no news gives a bot nothing to decide.
        move_price(url, SPOT, next(prices))
        return "tried again every" in bot.log.read_text()

    bot.eventually(is_open, "the open breaker")
    expected = {"unexplained_holding", "open_breaker", "profit_with_stop_below_entry"}
    assert names(monitor(bot)) == {(name, 2) for name in expected}
    broken.unlink()

    def is_closed() -> bool:
        move_price(url, SPOT, next(prices))
        return "the breaker is closed" in bot.log.read_text()

    bot.eventually(is_closed, "the closed breaker")


def a_second_stop_is_placed(bot: Bot, venue: Venue, url: str) -> None:
    """Beside the bot's own it is one too many; after the exit nothing is behind it."""
    person = stranger(url, venue, futures=False)
    person.create_order(SPOT, "STOP_LOSS_LIMIT", "sell", 0.00999, 57500, {"stopPrice": 58000})
    assert names(monitor(bot)) == {("unexplained_holding", 2), ("doubled_stop", 2)}
    bot.rest("/forceexit", "POST", {"tradeid": "2", "ordertype": "market"})
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    assert names(monitor(bot)) == {("unexplained_holding", None), ("orphaned_stop", 2)}
    cancel_stops(url)


def what_cannot_be_looked_at_is_said(bot: Bot, url: str) -> None:
    """An exchange in trouble, a key that was revoked, a wrong password: the status is 2, and no secret is shown."""
    fault(url, "GET /api/v3/account", "status", status=503, count=1000)
    assert "ExchangeNotAvailable" in not_seen(monitor(bot), "exchange")
    ask(url, "/_control/faults", "POST", {"clear": True})
    control(url, "key", revoked=True)
    why = not_seen(monitor(bot), "exchange")
    assert "refuses the key" in why
    assert "signature" not in why
    control(url, "key", revoked=False)
    wrong = bot.folder / "wrong.json"
    wrong.write_text('{"api_server": {"password": "wrong"}}')
    assert "status 401" in not_seen(monitor(bot, "--config", str(wrong)), "bot")


def not_seen(report: Any, source: str) -> str:
    """Return why the only thing that could not be looked at could not."""
    (failure,) = report["not_seen"]
    assert (report["status"], failure["source"]) == (2, source)
    return str(failure["why"])

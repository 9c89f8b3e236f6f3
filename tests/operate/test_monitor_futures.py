"""A real live bot on perpetuals: a clean life in which nothing is found, then one planted fault after another."""

import time
from pathlib import Path
from typing import Any

from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, ask, move_price
from tests.support.kept_stops import PERPETUAL, fault, state, stops, trading
from tests.support.monitored import (
    cancel_stops,
    control,
    edit_state,
    looked_at,
    monitor,
    names,
    one_stop,
    sentences,
    stop,
    stranger,
    watched,
)

# 2 % below and 0.15 % above an entry at 60000.1, the ask, on a grid of 0.1.
FIRST_STOP, BREAKEVEN = 58800.1, 60090.2


class Person:
    """A person who places stop orders beside the bot; `amount` and `half` are those of the bot's position."""

    def __init__(self, bot: Bot, venue: Venue, url: str) -> None:
        """Take the bot, which holds a position."""
        self._client: Any = stranger(url, venue, futures=True)
        self.amount = bot.rest("/status")[0]["amount"]
        self.half = round(self.amount / 2, 3)

    def place(self, quantity: float, price: float) -> int:
        """Place a stop order that only reduces, and return its number."""
        params = {"stopPrice": price, "reduceOnly": True}
        return int(self._client.create_order(PERPETUAL, "STOP_MARKET", "sell", quantity, None, params)["id"])


def test_planted_faults_are_named_and_a_clean_life_is_not(tmp_path: Path) -> None:
    """Each fault that is planted is found, with its trade, and nothing else is."""
    with trading() as (venue, url), watched(venue, url, tmp_path, futures=True, partials=[[2.0, 0.5]]) as bot:
        with looked_at(bot) as watch:
            live_cleanly(bot, url)
            bot.eventually(lambda: watch.looks >= 20, "the looks")
        assert sentences(watch) == []
        assert monitor(bot)["findings"] == []
        person = Person(bot, venue, url)
        the_bot_does_not_notice(bot, url, person)
        no_stop_can_be_placed(bot, url)
        the_bot_is_stopped(bot, url, person)
        no_stop_can_be_canceled(bot, url)
        a_stop_outlives_its_trade(bot, url, person)
        bot.kill()
        found = monitor(bot)
        assert (names(found), found["status"]) == ({("bot_no_longer_looks", None)}, 2)
        assert [failure["source"] for failure in found["not_seen"]] == ["bot"]


def live_cleanly(bot: Bot, url: str) -> None:
    """Go short, to breakeven, sell a part, leave at the stop, and go long."""
    bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
    bot.eventually(lambda: stops(url), "the stop of the short")
    move_price(url, PERPETUAL, 58700)  # beyond 1R
    bot.eventually(lambda: stops(url) and stops(url)[0] < 60000, "its breakeven")
    move_price(url, PERPETUAL, 57500)  # beyond 2R
    bot.eventually(lambda: len(state(url)["fills"]) == 2, "its part")
    bot.eventually(lambda: stops(url) and stops(url)[0] < 59000, "its trail")
    move_price(url, PERPETUAL, 58900)
    bot.eventually(lambda: not bot.rest("/status"), "the exit at its stop")
    move_price(url, PERPETUAL, 60000)
    bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "long", "leverage": 2})
    bot.eventually(lambda: stops(url) == [FIRST_STOP], "the stop of the long")


def the_bot_does_not_notice(bot: Bot, url: str, person: Person) -> None:
    """A part that rests, a second stop, a half that is sold by hand, and a market where nothing happens."""
    part = {"tradeid": "2", "ordertype": "limit", "amount": person.half, "price": 66000}
    bot.rest("/forceexit", "POST", part)
    bot.eventually(lambda: state(url)["orders"], "a partial exit that rests")
    second = person.place(person.amount, 58000)
    control(url, "trade", pair=PERPETUAL, side="SELL", quantity=person.half)
    time.sleep(1)
    found = monitor(bot, "--resting-after", "0.5", "--stale-after", "0.5")
    expected = {"partial_exit_rests", "doubled_stop", "unexplained_holding", "stale_price"}
    assert names(found) == {(name, 2) for name in expected}
    assert found["status"] == 1
    bot.rest("/trades/2/open-order", "DELETE")
    control(url, "cancel", order=second)
    control(url, "trade", pair=PERPETUAL, side="BUY", quantity=person.half)
    assert names(monitor(bot)) == set()


def no_stop_can_be_placed(bot: Bot, url: str) -> None:
    """The stop is canceled by hand, and the exchange takes no other."""
    fault(url, "POST /fapi/v1/algoOrder", "status", status=503, count=1000)
    cancel_stops(url)
    assert names(monitor(bot)) == {("position_without_protection", 2)}
    ask(url, "/_control/faults", "POST", {"clear": True})
    assert one_stop(url) == FIRST_STOP


def the_bot_is_stopped(bot: Bot, url: str, person: Person) -> None:
    """A stopped bot leaves its orders, and its state, as others leave them."""
    stop(bot)
    move_price(url, PERPETUAL, 61900)
    found = monitor(bot, "--silent-after", "0.1")
    assert names(found) == {("profit_with_stop_below_entry", 2), ("bot_no_longer_looks", None)}
    move_price(url, PERPETUAL, 60500)
    cancel_stops(url)
    person.place(person.half, FIRST_STOP)
    was = edit_state(bot, 2, '{"schema": 99}')
    assert names(monitor(bot)) == {("stop_of_wrong_size", 2), ("unusable_state", 2)}
    cancel_stops(url)
    person.place(person.amount, 57000)
    edit_state(bot, 2, was[:-9])
    assert names(monitor(bot)) == {("stop_at_wrong_price", 2), ("unusable_state", 2)}
    cancel_stops(url)
    edit_state(bot, 2, None)
    assert names(monitor(bot)) == {("position_without_protection", 2), ("missing_state", 2)}
    # It writes its state again once it moves the stop.
    bot.rest("/start", "POST")
    move_price(url, PERPETUAL, 61400)
    bot.eventually(lambda: stops(url) == [BREAKEVEN], "the breakeven")
    assert names(monitor(bot)) == set()


def no_stop_can_be_canceled(bot: Bot, url: str) -> None:
    """A part is sold and the stop moves, but its order stays where it is until the exchange answers again."""
    fault(url, "DELETE /fapi/v1/algoOrder", "status", status=503, count=1000)
    move_price(url, PERPETUAL, 63700)
    bot.eventually(lambda: bot.rest("/status")[0]["stop_loss_abs"] > BREAKEVEN, "a move")
    assert names(monitor(bot)) == {("slow_stop_update", 2)}
    assert stops(url) == [BREAKEVEN]
    ask(url, "/_control/faults", "POST", {"clear": True})
    bot.eventually(lambda: stops(url) != [BREAKEVEN] and len(stops(url)) == 1, "the order that follows")
    assert names(monitor(bot)) == set()


def a_stop_outlives_its_trade(bot: Bot, url: str, person: Person) -> None:
    """A stop that a person has placed is left when the bot closes its trade."""
    person.place(person.half, 58000)
    bot.rest("/forceexit", "POST", {"tradeid": "2", "ordertype": "market"})
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    assert names(monitor(bot)) == {("orphaned_stop", 2)}
    cancel_stops(url)

"""A real live bot on spot: a clean life in which nothing is found, then faults that only spot has, and the breaker."""

from pathlib import Path

from tests.support.bot import ask, move_price
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
            bot.eventually(lambda: watch.looks >= 20, "the looks")
        assert sentences(watch) == []
        assert monitor(bot)["findings"] == []

        person = stranger(url, venue, futures=False)
        control(url, "trade", pair=SPOT, side="BUY", quantity=0.01)
        found = monitor(bot)
        assert names(found) == {("unexplained_holding", 2)}
        assert "0.00999002 are protected by nothing" in found["findings"][0]["sentence"]
        assert names(monitor(bot, "--ignore", "unexplained_holding:BTC")) == set()

        (tmp_path / "broken").touch()
        move_price(url, SPOT, 60100)
        bot.eventually(lambda: "tried again every" in bot.log.read_text(), "the open breaker")
        assert names(monitor(bot)) == {("unexplained_holding", 2), ("open_breaker", 2)}
        (tmp_path / "broken").unlink()
        bot.eventually(lambda: "the breaker is closed" in bot.log.read_text(), "the closed breaker")

        params = {"stopPrice": 58000}
        person.create_order(SPOT, "STOP_LOSS_LIMIT", "sell", 0.00999, 57500, params)
        assert names(monitor(bot)) == {("unexplained_holding", 2), ("doubled_stop", 2)}
        bot.rest("/forceexit", "POST", {"tradeid": "2", "ordertype": "market"})
        bot.eventually(lambda: not bot.rest("/status"), "the exit")
        found = monitor(bot)
        assert names(found) == {("unexplained_holding", None), ("orphaned_stop", 2)}
        cancel_stops(url)

        fault(url, "GET /api/v3/account", "status", status=503, count=1000)
        found = monitor(bot)
        assert found["status"] == 2
        assert [failure["source"] for failure in found["not_seen"]] == ["exchange"]
        ask(url, "/_control/faults", "POST", {"clear": True})
        control(url, "key", revoked=True)
        found = monitor(bot)
        assert found["status"] == 2
        assert "refuses the key" in found["not_seen"][0]["why"]
        assert "signature" not in found["not_seen"][0]["why"]
        control(url, "key", revoked=False)
        wrong = bot.folder / "wrong.json"
        wrong.write_text('{"api_server": {"password": "wrong"}}')
        found = monitor(bot, "--config", str(wrong))
        assert found["status"] == 2
        assert "status 401" in found["not_seen"][0]["why"]

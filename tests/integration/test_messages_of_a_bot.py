"""A real bot sends each message once, although it is killed and started again."""

from pathlib import Path

from tests.support.bot import move_price
from tests.support.kept_stops import SPOT, running, stops, trading

SENT = "Sending rpc strategy_msg: robustop: "


def test_a_kill_repeats_no_message(tmp_path: Path) -> None:
    """The initial stop and breakeven are announced once, before and after the kill; log lines have their tail."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:

        def sent(words: str) -> list[str]:
            lines = [line for line in bot.log.read_text().splitlines() if SENT in line]
            return [line.split(SENT)[1] for line in lines if words in line]

        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: sent("the initial stop is 58800.01 (-1.00R)"), "the message about the initial stop")
        bot.kill()
        bot.start()
        move_price(url, SPOT, 63000)
        bot.eventually(lambda: sent("has reached breakeven"), "the message about breakeven")
        bot.eventually(lambda: stops(url) not in ([], [58800.01]), "the trail")
        bot.kill()
        bot.start()
        move_price(url, SPOT, 66000)
        before = stops(url)
        bot.eventually(lambda: stops(url) not in ([], before), "the next move")
        assert len(sent("the initial stop is")) == 1
        assert len(sent("has reached breakeven")) == 1
        assert f"{SPOT} long (trade 1): " in sent("has reached breakeven")[0]
        assert f"the stop moves | trade=1 pair={SPOT} action=move " in bot.log.read_text()
        assert "engine=smart_trail rule=trail" in bot.log.read_text()

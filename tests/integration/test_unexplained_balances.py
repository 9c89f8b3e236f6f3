"""A real live bot on the loopback Binance, beside which a person trades: what no trade explains is reported."""

from pathlib import Path

import pytest

from tests.support.bot import Bot, ask
from tests.support.kept_stops import PERPETUAL, SPOT, fills, loops, running, stops, trading

OFTEN = """
from robustop_plugin.bridge.entries import unexplained_balances
unexplained_balances.SECONDS_BETWEEN_LOOKS = unexplained_balances.SECONDS_TO_CONFIRM = 0.2
"""
HOLDS = "the account holds {}, and Freqtrade's open trades count {}"


def by_hand(url: str, pair: str, side: str, quantity: float) -> None:
    """Trade beside the bot."""
    answer = ask(url, "/_control/trade", "POST", {"pair": pair, "side": side, "quantity": quantity})
    assert answer[0] == 200, answer


def reports(bot: Bot) -> int:
    """Return how many differences were reported."""
    return bot.log.read_text().count("WARNING - robustop: unexplained ")


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_what_a_person_bought(tmp_path: Path, futures: bool) -> None:
    """The bot's own position is no news; what is bought beside it is, once, and its stop stays where it is."""
    pair, coin = (PERPETUAL, PERPETUAL) if futures else (SPOT, "BTC")
    with trading() as (venue, url), running(venue, tmp_path, futures=futures, more=OFTEN) as bot:
        bot.rest("/forceenter", "POST", {"pair": pair, **({"leverage": 2} if futures else {})})
        bot.eventually(lambda: stops(url), "the stop")
        loops(bot, 8)
        assert reports(bot) == 0
        rests = stops(url)
        by_hand(url, pair, "BUY", 0.05)
        # Freqtrade reads its balances again at its next fill, at a reload, or within the hour.
        bot.rest("/reload_config", "POST")
        bot.eventually(lambda: reports(bot) == 1, "the report")
        loops(bot, 8)
        assert reports(bot) == 1
        amount = bot.rest("/status")[0]["amount"]
        ((_, bought), (_, by_person)) = fills(url)
        held = bought + by_person if futures else (bought + by_person) * 0.999
        assert HOLDS.format(f"{held:.8g} {coin}", f"{amount:.8g}") in bot.log.read_text()
        assert stops(url) == rests

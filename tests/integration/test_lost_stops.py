"""A real live bot on the loopback Binance, which takes a stop order and loses the answer."""

from pathlib import Path

import pytest

from tests.support.bot import ask, move_price
from tests.support.kept_stops import PERPETUAL, SPOT, fault, fills, loops, running, state, stops, trading

LOST = {"when": "after", "count": 1}


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_one_stop_rests(tmp_path: Path, futures: bool) -> None:
    """The order that nobody knows is canceled and placed again: one stop rests, and it is moved later."""
    pair = PERPETUAL if futures else SPOT
    with trading() as (venue, url), running(venue, tmp_path, futures=futures) as bot:
        if futures:
            fault(url, "POST /fapi/v1/algoOrder", "reset", **LOST)
        else:
            fault(url, "POST /api/v3/order", "reset", where={"type": "STOP_LOSS_LIMIT"}, **LOST)
        side = {"side": "short", "leverage": 2} if futures else {}
        bot.rest("/forceenter", "POST", {"pair": pair, **side})
        bot.eventually(lambda: "its answer was lost" in bot.log.read_text(), "the cancellation")
        bot.eventually(lambda: stops(url), "the stop")
        loops(bot, 2)
        (first,) = state(url)["stops"]
        assert len(fills(url)) == 1
        move_price(url, pair, 57000 if futures else 63000)
        bot.eventually(lambda: stops(url) not in ([], [first["stop"]]), "the trail")
        assert len(stops(url)) == 1


def test_coins_sold_by_hand(tmp_path: Path) -> None:
    """The stop was canceled and the coins sold on the exchange: Freqtrade closes the trade, and nothing is sold."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url), "the stop")
        (stop,) = state(url)["stops"]
        assert ask(url, "/_control/cancel", "POST", {"order": stop["order"]})[0] == 200
        sale = {"pair": SPOT, "side": "SELL", "quantity": stop["quantity"]}
        assert ask(url, "/_control/trade", "POST", sale)[0] == 200
        bot.eventually(lambda: not bot.rest("/status"), "the end of the trade")
        assert [side for side, _ in fills(url)] == ["BUY", "SELL"]
        assert bot.rest("/trades")["trades"][0]["exit_reason"] == "sold_on_exchange"

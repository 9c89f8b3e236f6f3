"""A real live bot on the loopback Binance, which takes an order and loses the answer, or refuses a stop."""

from pathlib import Path

import pytest

from tests.support.bot import move_price
from tests.support.kept_stops import PERPETUAL, SPOT, fault, fills, loops, running, state, stops, trading

HALF = [[1.0, 0.5], [10.0, "rest"]]
LOST = {"when": "after", "count": 1}
SPOT_ORDER, FUTURES_ORDER = "POST /api/v3/order", "POST /fapi/v1/order"


def test_a_spot_sale_is_not_made_twice(tmp_path: Path) -> None:
    """The half is sold once and counted, and the rest has its stop."""
    with trading() as (venue, url), running(venue, tmp_path, partials=HALF) as bot:
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url), "the first stop")
        fault(url, SPOT_ORDER, "reset", where={"side": "SELL", "type": "MARKET"}, **LOST)
        move_price(url, SPOT, 61300)  # 1R is 1200.0002 above 60000.01
        bot.eventually(lambda: len(fills(url)) == 2, "the sale")
        loops(bot, 4)
        (bought, sold) = fills(url)
        assert sold == ("SELL", pytest.approx(bought[1] / 2, abs=0.00003)), (
            "half of what is left after the fee, or a lot less"
        )
        (trade,) = bot.rest("/status")
        assert trade["amount"] == pytest.approx(bought[1] * 0.999 - sold[1], abs=0.00001)
        (stop,) = state(url)["stops"]
        assert stop["quantity"] == pytest.approx(trade["amount"], abs=0.00001)


def test_a_futures_sale_is_not_made_twice(tmp_path: Path) -> None:
    """Freqtrade does not find the sale by itself while a stop rests; the half is sold once and counted."""
    with trading() as (venue, url), running(venue, tmp_path, futures=True, partials=HALF) as bot:
        bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
        bot.eventually(lambda: stops(url), "the first stop")
        fault(url, FUTURES_ORDER, "reset", where={"side": "BUY", "type": "MARKET"}, **LOST)
        move_price(url, PERPETUAL, 58700)
        bot.eventually(lambda: len(fills(url)) == 2, "the sale")
        loops(bot, 4)
        (bought, sold) = fills(url)
        assert sold == ("BUY", pytest.approx(bought[1] / 2, abs=0.001))
        assert "robustop_1R of BTC/USDT:USDT was filled, but its answer was lost" in bot.log.read_text()
        assert "/reload_trade" not in bot.log.read_text()
        assert bot.rest("/status")[0]["amount"] == pytest.approx(bought[1] - sold[1], abs=0.0001)


def test_an_entry_is_not_made_twice(tmp_path: Path) -> None:
    """The signal stands: the exchange has bought once, and the position that nobody knows is reported."""
    (tmp_path / "bot").mkdir()
    with trading(tmp_path / "candles") as (venue, url):
        fault(url, SPOT_ORDER, "reset", where={"side": "BUY"}, **LOST)
        with running(venue, tmp_path / "bot", signal=1) as bot:
            bot.eventually(lambda: fills(url), "the entry")
            loops(bot, 4)
            assert [side for side, _ in fills(url)] == ["BUY"]
            assert bot.rest("/status") == []
            assert "unexplained position in BTC/USDT" in bot.log.read_text()
            bot.kill()
            bot.start()
            loops(bot, 3)
            assert [side for side, _ in fills(url)] == ["BUY"]


def test_a_refused_stop_sells_nothing(tmp_path: Path) -> None:
    """The position is healthy: the bot checks its stop until the exchange takes the order."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
        text = {"code": -2010, "msg": "Filter failure: MAX_NUM_ALGO_ORDERS", "count": 3}
        fault(url, SPOT_ORDER, "code", where={"type": "STOP_LOSS_LIMIT"}, **text)
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url), "the stop")
        assert [side for side, _ in fills(url)] == ["BUY"]
        assert "BTC/USDT long (trade 1): the exchange refused its stop order" in bot.log.read_text()


def test_a_refused_stop_is_checked_by_the_bot(tmp_path: Path) -> None:
    """While the exchange takes no stop, the bot leaves at market once the price is beyond it."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
        fault(url, SPOT_ORDER, "status", where={"type": "STOP_LOSS_LIMIT"}, status=503, count=1000)
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: fills(url), "the entry")
        loops(bot, 2)
        move_price(url, SPOT, 58000)
        bot.eventually(lambda: bot.rest("/trades")["trades"] and not bot.rest("/status"), "the exit")
        (closed,) = bot.rest("/trades")["trades"]
        assert (closed["exit_reason"], closed["close_rate"]) == ("robustop_stop_guard", 58000)

"""Real live bots on the loopback Binance: one with robustop in shadow sends the orders of one without robustop."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from robustop_plugin.cli.audit import audit_command
from robustop_plugin.venue.overlay import live, proxy_overlay
from tests.support.bot import Bot, move_price
from tests.support.kept_stops import SPOT, loops, state, stops, trading

SOURCE = """
from freqtrade.strategy import IStrategy
BASES_IMPORT

class Kept(BASES):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    trailing_stop, trailing_stop_positive, trailing_stop_positive_offset = True, 0.03, 0.04
    trailing_only_offset_is_reached = True
    startup_candle_count = 30
    order_types = {
        "entry": "market", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True,
        "stoploss_on_exchange_limit_ratio": 0.99, "stoploss_on_exchange_interval": 0,
    }
    robustop = {
        "engines": [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 1.0}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "breakeven": {"mode": "percent"},
        "partials": [[1.0, 0.5]],
        "mode": "shadow",
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""
PLAIN = SOURCE.replace("BASES_IMPORT", "").replace("BASES", "IStrategy")
SHADOW = SOURCE.replace("BASES_IMPORT", "from robustop_plugin import RobustopMixin").replace(
    "BASES", "RobustopMixin, IStrategy"
)
PRICES = (60700, 62000, 61200, 63000, 61000)
"""Past robustop's activation and a rung, a fall past its trail, past the native trail's offset, and through that."""


def story(folder: Path, source: str) -> tuple[Any, list[list[float]], Bot]:
    """Return the fills of one bot, the stops that rested after each price, and the bot, which has ended."""
    folder.mkdir()
    with trading() as (venue, url):
        overlay = live(proxy_overlay(str(venue.proxy_url), [SPOT], futures=False))
        bot = Bot(folder, overlay, "Kept", source, stake_amount=1000)
        try:
            bot.start()
            bot.rest("/forceenter", "POST", {"pair": SPOT})
            bot.eventually(lambda: stops(url), "the first stop")
            rested = [stops(url)]
            for price in PRICES:
                move_price(url, SPOT, price)
                loops(bot, 3)
                rested.append(stops(url))
            bot.eventually(lambda: not bot.rest("/status"), "the exit")
            loops(bot, 2)
            fills = [(fill["side"], fill["quantity"], fill["price"]) for fill in state(url)["fills"]]
        finally:
            bot.kill()
    return fills, rested, bot


def test_a_bot_in_shadow_sends_the_orders_of_the_plain_strategy(tmp_path: Path) -> None:
    """Fills and resting stops are the same, and the audit in the database says what robustop would have done."""
    plain, stops_of_plain, _ = story(tmp_path / "plain", PLAIN)
    fills, rested, bot = story(tmp_path / "shadow", SHADOW)
    assert [side for side, _, _ in plain] == ["BUY", "SELL"]
    assert fills == plain
    assert rested == stops_of_plain
    assert rested[0] == [54000.01]  # Freqtrade's own 10 %, not robustop's 2 %

    answer = CliRunner().invoke(audit_command, ["--db-url", f"sqlite:///{bot.database}", "--shadow", "--json"])
    assert answer.exit_code == 0, answer.output
    (trade,) = json.loads(answer.output)["trades"]
    assert trade["sales"] == 1
    # 1 % below the best price of 62000 is 61380; the next price that the bot saw was 61200.
    assert (trade["shadowed"]["price"], trade["shadowed"]["reason"]) == (61200, "trailing_stop_loss")
    with closing(sqlite3.connect(f"file:{bot.database}?mode=ro", uri=True)) as connection:
        ((profit, price),) = connection.execute("select close_profit_abs, close_rate from trades")
    assert (trade["happened"]["profit"], trade["happened"]["price"]) == (profit, price)

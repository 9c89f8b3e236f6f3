"""A bot is started again with other engines, other partial exits or another robustop while a trade is open.

A trade is 10 at 100 with the stop at 98; two spans of 2 lock 102.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.support.bots import KEY, Bot
from tests.support.hand_candles import BLOCK
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import Sells, with_partials

ENGINES: list[list[dict[str, Any]]] = [
    [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 5.0}],
    [{"name": "atr_guard"}],
    [{"name": "r_ladder"}, {"name": "hand_span"}],
    [{"name": "bracket"}],
]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("engines", ENGINES, ids=lambda engines: "+".join(engine["name"] for engine in engines))
@pytest.mark.parametrize("stop", [{"kind": "percent", "percent": 9.0}, {"kind": "percent", "percent": 0.5}])
def test_other_engines_loosen_no_stop(
    host: Host, tmp_path: Path, engines: list[dict[str, Any]], stop: dict[str, Any]
) -> None:
    """The stop at 102, the initial stop and the memory stay, whatever the new settings would have done."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = bot.bought(100.0)
    bot.look(trade, 104.0)
    assert trade.stop_loss == 102.0
    bot = Bot(host, tmp_path / "audit.jsonl", robustop={**BLOCK, "engines": engines, "initial_stop": stop})
    for candle, price in enumerate((103.9, 102.5, 104.0), 2):
        bot.look(trade, price, candle)
        assert trade.stop_loss == 102.0
    kept = trade.get_custom_data(KEY)
    assert (kept["memory"]["stop"], kept["position"]["initial_stop"]) == (102.0, 98.0)
    assert bot.strategy._robustop.errors.failures == 0


def test_other_partial_exits_sell_nothing_twice(host: Host, database: None, tmp_path: Path) -> None:
    """Half was sold at two R. A new rung at 1.5 R counts as taken; one at three R sells its part of the 10."""
    bot = LiveBot(host, tmp_path / "audit", Sells, robustop=with_partials())
    trade = bot.bought()
    bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]
    other = with_partials([[1.5, 0.3], [3.0, 0.1], [4.0, "rest"]])
    bot = LiveBot(host, tmp_path / "audit", Sells, robustop=other)
    bot.loop(104.5)
    assert bot.asked == []
    bot.loop(106.0)
    assert bot.asked == [("sell", 1.0)]
    assert trade.amount == 4.0


def test_a_newer_state_is_reported_once(bot: Bot, host: Host, tmp_path: Path) -> None:
    """A state of a later robustop is left alone, with the stop in force, and the user is told what to do."""
    trade = bot.bought(100.0)
    bot.look(trade, 104.0)
    trade.set_custom_data(KEY, {**trade.get_custom_data(KEY), "schema": 99})
    older = Bot(host, tmp_path / "audit.jsonl")
    texts: list[str] = []
    older.strategy.dp.send_msg = lambda text, **_: texts.append(text)
    for candle in (2, 3, 4):
        older.look(trade, 108.0, candle)
    assert trade.stop_loss == 102.0
    (text,) = texts
    assert all(words in text for words in (f"trade {trade.id}", "schema was 99", "upgrade robustop", "stays"))
    assert trade.get_custom_data(KEY)["schema"] == 99

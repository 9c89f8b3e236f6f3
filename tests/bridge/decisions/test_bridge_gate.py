"""The gate in a bot whose stop rests on the exchange: small moves wait, large ones and crossed levels do not.

The entry is at 100. The engine trails half a percent behind its best price, from a profit of one percent on.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType

from tests.support.bots import Bot
from tests.support.host import Host

ON_EXCHANGE = {"entry": "limit", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True}
BLOCK = {
    "engines": [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 0.5}],
    "initial_stop": {"kind": "percent", "percent": 10.0},
    "breakeven": {"mode": "percent"},
    "partials": [],
}
SECOND = 1 / 300
"""As a share of a candle of five minutes."""

pytestmark = pytest.mark.usefixtures("database")


def start(host: Host, path: Path, **over: Any) -> Bot:
    """Return a bot that has just started."""
    return Bot(host, path / "audit.jsonl", robustop=BLOCK, **{"order_types": ON_EXCHANGE, **over})


def stops(bot: Bot, looks: list[tuple[float, float]]) -> list[float]:
    """Return Freqtrade's stop after looks at these prices, each this many seconds after the first candle."""
    trade = bot.bought(100.0)
    found = []
    for price, seconds in looks:
        assert bot.look(trade, price, 1 + seconds * SECOND) == []
        found.append(trade.stop_loss)
    return found


LOOKS = [(102.0, 0), (102.05, 5), (102.05, 59), (102.2, 61), (102.3, 65), (103.5, 70)]


def test_small_moves_wait(host: Host, tmp_path: Path) -> None:
    """A move needs a minute and a tenth of a percent, or a whole percent."""
    bot = start(host, tmp_path)
    # 102.2 * 0.995 = 101.689, and 103.5 * 0.995 = 102.9825: rounded towards the market.
    assert stops(bot, LOOKS) == [101.49, 101.49, 101.49, 101.69, 101.69, 102.99]
    state = next(record.state for _, record in bot.strategy._robustop.open_trades)
    assert (state.memory.stop, state.memory.published_at) == (102.99, 1735689970.0)


def test_what_waits_is_in_the_state(host: Host, tmp_path: Path) -> None:
    """The published stop and the level that is held back are both kept."""
    bot = start(host, tmp_path)
    assert stops(bot, LOOKS[:2]) == [101.49, 101.49]
    state = next(record.state for _, record in bot.strategy._robustop.open_trades)
    assert (state.memory.stop, state.memory.level.price) == (101.49, 101.54)


def test_a_bot_that_checks_stops_has_no_gate(host: Host, tmp_path: Path) -> None:
    """Without an order on the exchange, every move counts at once."""
    bot = start(host, tmp_path, order_types={**ON_EXCHANGE, "stoploss_on_exchange": False})
    assert stops(bot, LOOKS) == [101.49, 101.54, 101.54, 101.69, 101.79, 102.99]


def test_a_level_held_back_still_exits(host: Host, tmp_path: Path) -> None:
    """The price falls to a level that was never sent to the exchange: that is an exit at market."""
    bot = start(host, tmp_path)
    trade = bot.bought(100.0)
    bot.look(trade, 102.0, 1)
    bot.look(trade, 102.05, 1 + 5 * SECOND)
    assert trade.stop_loss == 101.49
    assert bot.look(trade, 101.52, 1 + 10 * SECOND) == [(ExitType.EMERGENCY_EXIT, "trailing_stop_loss")]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({}, 0),
        ({"trailing_stop": True, "trailing_stop_positive": 0.05, "trailing_stop_positive_offset": 0.1}, 30),
        ({"order_types": {**ON_EXCHANGE, "stoploss_on_exchange": False, "stoploss_on_exchange_interval": 30}}, 30),
    ],
    ids=["robustop alone", "native trail", "bot checks"],
)
def test_whose_interval_counts(host: Host, tmp_path: Path, over: dict[str, Any], expected: int) -> None:
    """Freqtrade's interval is off only where each move of its stop has passed the gate."""
    types = {**ON_EXCHANGE, "stoploss_on_exchange_interval": 30}
    bot = start(host, tmp_path, **{"order_types": types, **over})
    assert bot.strategy.order_types["stoploss_on_exchange_interval"] == expected
    assert bot.strategy.config["order_types"]["stoploss_on_exchange_interval"] == 30

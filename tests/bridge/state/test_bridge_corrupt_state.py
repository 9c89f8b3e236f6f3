"""A corrupt state is replaced by one built from the trade, and the stop in force is never loosened.

The trade was bought at 100 with Freqtrade's stop at 90; that stop is at 95 when the state is corrupt.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData

from tests.support.bots import KEY, WIDE, Bot
from tests.support.host import Host
from tests.support.trades import in_database

OTHERS: dict[str, Any] = {
    "text": "not a state",
    "number": 7,
    "flag": True,
    "list": [1, 2],
    "nothing in it": {},
    "no schema": {"position": {}, "memory": {}},
    "schema is text": {"schema": "one"},
    "schema is null": {"schema": None},
    "only a schema": {"schema": 1},
}
"""Values that are not a state at all."""

PARTS: dict[str, tuple[str, Any]] = {
    "no memory": ("memory", None),
    "stop is text": ("memory.stop", "high"),
    "stop is null": ("memory.stop", None),
    "stop is NaN": ("memory.stop", float("nan")),
    "stop is infinite": ("memory.stop", float("inf")),
    "best is null": ("memory.best", None),
    "best is a list": ("memory.best", [1.0]),
    "ATR is text": ("memory.atr", "1"),
    "unknown phase": ("memory.phase", "LUCKY"),
    "level of one": ("memory.level", [100.0]),
    "level without a price": ("memory.level", [None, "hand_span", "trail"]),
    "stop on the wrong side": ("position.initial_stop", 120.0),
    "entry is NaN": ("position.entry", float("nan")),
    "side is zero": ("position.side", 0),
    "no grid": ("position.tick_size", 0.0),
    "sequence is text": ("sequence", "many"),
}
"""Invalid values of parts of a state."""


def whole(bot: Bot) -> dict[str, Any]:
    """Return a state as it is written for a trade like these."""
    trade = in_database()
    bot.look(trade, 111.0)
    return trade.get_custom_data(KEY)


def is_adopted_anew(host: Host, state: Any, folder: Path) -> None:
    """Assert that a trade with this state gets a new one, which survives the next restart."""
    trade = in_database(stop_loss=95.0)
    trade.set_custom_data(KEY, state)
    bot = Bot(host, folder / "first", robustop=WIDE)
    assert bot.look(trade, 105.0) == []
    assert trade.stop_loss == 95.0
    assert bot.look(trade, 111.0, 2) == []
    assert trade.stop_loss == 100.15
    assert trade.get_custom_data(KEY)["memory"]["stop"] == 100.15
    restarted = Bot(host, folder / "second", robustop=WIDE)
    restarted.look(trade, 121.0, 3)
    assert trade.stop_loss == 110.0
    assert restarted.records("action") == [("move",)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("state", OTHERS.values(), ids=OTHERS)
def test_what_is_no_state_is_adopted_anew(host: Host, tmp_path: Path, state: Any) -> None:
    """Any other value under the key is replaced."""
    is_adopted_anew(host, state, tmp_path)


@pytest.mark.parametrize(("path", "value"), PARTS.values(), ids=PARTS)
def test_a_state_with_a_part_it_cannot_have_is_adopted_anew(
    host: Host, bot: Bot, tmp_path: Path, path: str, value: Any
) -> None:
    """One invalid part makes the state corrupt."""
    state = whole(bot)
    *above, name = path.split(".")
    (state[above[0]] if above else state)[name] = value
    is_adopted_anew(host, state, tmp_path)


@pytest.mark.parametrize("path", ["schema", "position", "memory", "memory.stop", "memory.best", "opened_ms"])
def test_a_state_without_a_part_is_adopted_anew(host: Host, bot: Bot, tmp_path: Path, path: str) -> None:
    """One missing part makes the state corrupt."""
    state = whole(bot)
    *above, name = path.split(".")
    del (state[above[0]] if above else state)[name]
    is_adopted_anew(host, state, tmp_path)


def test_a_state_cut_off_in_the_database_is_adopted_anew(host: Host, database: None, tmp_path: Path) -> None:
    """Truncated JSON is corrupt."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=WIDE)
    state, trade = whole(bot), in_database()
    trade.set_custom_data(KEY, state)
    (entry,) = CustomDataWrapper.get_custom_data(trade_id=trade.id, key=KEY)
    entry.cd_value = entry.cd_value[:40]
    _CustomData.session.commit()
    bot.look(trade, 111.0)
    assert trade.stop_loss == 100.15
    assert trade.get_custom_data(KEY)["memory"]["stop"] == 100.15

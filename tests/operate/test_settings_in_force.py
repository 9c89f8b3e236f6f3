"""The settings of a bot are known from outside: of the class, of the configuration, of pairs and of parameters."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade

from robustop_plugin.bridge.startup import stored_settings
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.settings_in_force import SettingsInForce, settings_in_force
from robustop_plugin.settings import RobustopBlock, load_settings
from tests.operate.conftest import Open
from tests.support.fault_injection import refuse
from tests.support.hand_candles import BLOCK, Hand
from tests.support.stop_orders import OnExchange

EVERYTHING: dict[str, Any] = {
    "engines": [
        {"name": "hand_span", "adaptive": {"min_scale": 0.5}, "tighten": {"after_hours": 4, "lag": 0.5}},
        {"name": "smart_trail", "momentum_percent": 1.0},
        {"name": "atr_guard", "fees": True},
        {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [2.0, 1.0]]},
        {"name": "bracket", "strategy": "market_condition", "pair_ratios": {"ETH/USDT": 2.0}},
    ],
    "initial_stop": {"kind": "swing", "lookback": 5},
    "partials": True,
    "council": {"sentiment_column": "greed", "bearish_column": "bears"},
    "time_stop_hours": 12,
    "max_drawdown_percent": 30.0,
    "risk": {"percent_per_trade": 1.0},
    "notify": ["breakeven"],
    "breaker": None,
    "pairs": {"ETH/USDT": {"partials": [[1.5, "rest"]], "breakeven": {"mode": "percent"}}},
}


class Everything(Hand):
    """Has every block."""

    robustop = EVERYTHING


class Tuned(Hand):
    """Has a value of its own for a parameter, as a parameter file brings it."""

    robustop: ClassVar[dict[str, Any]] = {**BLOCK, "hyperopt": True}
    buy_params: ClassVar[dict[str, Any]] = {}
    robustop_params: ClassVar[dict[str, Any]] = {"robustop_initial_stop_percent": 3.0}


def in_force(url: str) -> SettingsInForce:
    """Return the settings as they are read from outside."""
    engine = open_for_reading(url)
    try:
        return settings_in_force(engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite_url", "database"])
def test_the_settings_of_a_strategy_come_back_equal(writing: Open, request: Any, kind: str) -> None:
    """Every engine and block, the configuration over the class, and settings of a pair."""
    url = request.getfixturevalue(kind)
    writing(url, strategy=Everything, robustop={"time_stop_hours": 6, "anchor": "price"})
    found = in_force(url)
    expected = load_settings(EVERYTHING, {"time_stop_hours": 6, "anchor": "price"})
    assert (found.problem, found.on_exchange, found.strategy) == (None, False, "Everything")
    assert found.settings == expected
    assert found.settings.for_pair("ETH/USDT").partials == [[1.5, "rest"]]


def test_the_value_of_a_parameter_is_what_is_stored(writing: Open, sqlite_url: str) -> None:
    """What hyperopt has chosen is in force, not what the block says."""
    writing(sqlite_url, strategy=Tuned)
    settings = in_force(sqlite_url).settings
    assert settings is not None
    assert settings.default.initial_stop.percent == 3.0


def test_a_start_replaces_the_settings_of_the_last(writing: Open, sqlite_url: str) -> None:
    """There is one row, and its time is that of the last start."""
    writing(sqlite_url)
    before = in_force(sqlite_url)
    writing(sqlite_url, strategy=OnExchange, runmode="live")
    after = in_force(sqlite_url)
    assert (before.on_exchange, after.on_exchange) == (False, True)
    assert before.started_at < after.started_at
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        assert other.execute("select count(*) from robustop_settings").fetchone() == (1,)


def test_loops_write_no_settings(writing: Open, sqlite_url: str) -> None:
    """Only a start does."""
    writer = writing(sqlite_url)
    before = in_force(sqlite_url)
    trade = writer.bought()
    for candle in range(1, 4):
        writer.look(trade, 100.0 + candle, candle)
        writer.loop()
    assert in_force(sqlite_url) == before


def test_a_database_without_settings_says_why(writing: Open, sqlite_url: str) -> None:
    """A bot of an older release."""
    writing(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("drop table robustop_settings")
    found = in_force(sqlite_url)
    assert (found.settings, found.on_exchange) == (None, None)
    assert "no bot with this release" in found.problem


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ("{", "damaged"),
        ('{"default": {"new_key": 1}, "pairs": {}}', "does not know"),
        ('{"pairs": {}}', "does not know"),
        ("[]", "does not know"),
    ],
)
def test_settings_of_another_release_are_named(writing: Open, sqlite_url: str, blocks: str, words: str) -> None:
    """Where the stop rests is known all the same."""
    writing(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("update robustop_settings set blocks = ?", (blocks,))
        other.commit()
    found = in_force(sqlite_url)
    assert found.settings is None
    assert words in found.problem


def test_a_database_that_refuses_ends_no_start(writing: Open, tmp_path: Path, caplog: Any, monkeypatch: Any) -> None:
    """The stops do not need the table: a view of its name stands in the way, and the bot starts."""
    url = f"sqlite:///{tmp_path / 'refusing.sqlite'}"
    writer = writing(url)
    with Trade.session.get_bind().begin() as connection:
        connection.execute(sa.text("drop table robustop_settings"))
        connection.execute(sa.text("create view robustop_settings as select 1 as id"))
    again = writing(url)
    assert "the settings were not stored" in caplog.text
    assert again.bought().stop_loss == 98.0
    assert writer.url == url


def test_every_block_survives_json() -> None:
    """A block written as JSON and read strictly is the block."""
    for block in load_settings(EVERYTHING).blocks():
        assert RobustopBlock.model_validate(block.model_dump(mode="json")) == block


def test_no_error_of_ours_ends_a_start(writing: Open, sqlite_url: str, caplog: Any, monkeypatch: Any) -> None:
    """A bot that does not start protects nothing: whatever cannot be written is only logged."""
    monkeypatch.setattr(stored_settings, "blocks_of", refuse)
    trade = writing(sqlite_url).bought()
    assert trade.stop_loss == 98.0
    assert caplog.text.count("the settings were not stored") == 1

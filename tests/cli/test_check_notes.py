"""Notes of `robustop check`: what works, but may surprise."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.check_command import details, findings, write_config
from tests.support.postgres import new_database
from tests.support.strategy_files import write_strategy

FUTURES = {"trading_mode": "futures", "margin_mode": "isolated"}
LEVERAGE = "def leverage(self, pair, current_time, *args, **kwargs):\n    return "
PERCENT = {"kind": "percent", "percent": 5.0}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


def notes(tmp_path: Path, body: str, block: dict[str, Any] | None = None, **config: Any) -> dict[str, str]:
    """Return the notes about a strategy with these lines, by subject."""
    write_strategy(tmp_path / "mine", "Mine", body)
    write_config(tmp_path / "config.json", robustop={"partials": [], **(block or {})}, **config)
    result = findings("--strategy", "Mine", "--strategy-path", "mine", status=0)
    return details(result, "note")


@pytest.mark.parametrize(
    ("leverage", "expected"),
    [
        ("10.0", "stoploss -0.3 at 10x leverage clamps the initial stop of 5 % to 3 %"),
        (
            "min(20, kwargs.get('max_leverage', 10))",
            "stoploss -0.3 at 20x leverage clamps the initial stop of 5 % to 1.5 %",
        ),
        (
            "3.0 if pair.startswith('BTC') else 2.0",
            "stoploss -0.3 at N x leverage clamps initial stops farther than 30 % / N",
        ),
        ("self.dp.current_whitelist()", "stoploss -0.3 at N x leverage clamps initial stops farther than 30 % / N"),
    ],
)
def test_leverage_brings_the_hard_stop_nearer(tmp_path: Path, leverage: str, expected: str) -> None:
    """A constant leverage gives the distance in percent of the price; any other is named as N."""
    body = f"stoploss = -0.30\n{LEVERAGE}{leverage}"
    found = notes(tmp_path, body, {"initial_stop": PERCENT}, **FUTURES)
    assert found["stoploss"].startswith(expected)


def test_without_leverage_a_wide_stoploss_clamps_nothing(tmp_path: Path) -> None:
    """30 % is beyond the farthest initial stop that the settings allow."""
    assert "stoploss" not in notes(tmp_path, "stoploss = -0.30", {"initial_stop": PERCENT})


@pytest.mark.parametrize(
    ("startup", "expected"),
    [
        # The ATR of 14 needs 15 candles. The first entry has one closed candle more than the startup candles.
        (0, "entries in the first 14 candles of a backtest get initial_stop.fallback_percent (2 %)"),
        (10, "entries in the first 4 candles of a backtest get initial_stop.fallback_percent (2 %)"),
    ],
)
def test_startup_candles(tmp_path: Path, startup: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few startup candles: how many entries that can concern."""
    # Whatever the mixin does to the number: the strategy's own is what counts here.
    monkeypatch.setenv("FREQTRADE__STARTUP_CANDLE_COUNT", str(startup))
    found = notes(tmp_path, "")["startup_candle_count"]
    assert found.startswith(f"is {startup}: the indicators of the stops need 15 candles to exist")
    assert expected in found


def test_protections_and_profits_of_the_strategy(tmp_path: Path) -> None:
    """StoplossGuard counts robustop's stops; a table of profits may come before a bracket."""
    body = "protections = [{'method': 'StoplossGuard'}, {'method': 'CooldownPeriod'}]\nminimal_roi = {'0': 0.05}\n"
    body += "ignore_roi_if_entry_signal = True"
    found = notes(tmp_path, body, {"engines": [{"name": "bracket"}]})
    assert "counts losing exits at any stop" in found["StoplossGuard"]
    assert found["protections"].startswith("CooldownPeriod:")
    assert found["minimal_roi"].startswith("takes profit before the bracket wherever it is lower")
    assert found["ignore_roi_if_entry_signal"].startswith("keeps the bracket waiting")
    assert "--cache none" in found["backtest cache"]


def test_a_native_trail_is_compared(tmp_path: Path) -> None:
    """Freqtrade's own trail at 1 % is tighter than ours at 2 %, and may stay on."""
    trail = "trailing_stop = True\ntrailing_stop_positive = 0.01\ntrailing_stop_positive_offset = 0.03"
    write_strategy(tmp_path / "mine", "Mine", trail)
    block = {"partials": [], "engines": [{"name": "smart_trail", "distance_percent": 2.0}]}
    write_config(tmp_path / "config.json", robustop=block)
    from robustop_plugin.runner.check import check_strategy  # noqa: PLC0415 (Freqtrade is slow to load)
    from robustop_plugin.runner.checks.request import Request  # noqa: PLC0415

    report = check_strategy(Request((tmp_path / "config.json",), strategy_path=tmp_path / "mine"), "Mine")
    (note,) = [item.detail for item in report.findings if (item.subject, item.verdict) == ("trailing_stop", "note")]
    assert note.startswith("Freqtrade's own trail follows at 1 % from a profit of 3 % on; the tighter of it and")
    assert "It is tighter than smart_trail (2 %)" in note


def test_averaging_and_risk(tmp_path: Path) -> None:
    """Purchases after the first are outside the size by risk, and inside the limit of all trades."""
    body = "position_adjustment_enable = True\ndef adjust_trade_position(self, *args, **kwargs):\n    return None"
    found = notes(tmp_path, body, {"risk": {"percent_per_trade": 1.0, "max_portfolio_percent": 5.0}})
    assert "sizes the first entry" in found["risk.percent_per_trade"]
    assert "some may be refused" in found["risk.max_portfolio_percent"]


def test_what_a_gap_does_to_a_stop_on_the_exchange(tmp_path: Path) -> None:
    """Where a stop order is a limit order, its room is a note."""
    body = 'order_types = {"entry": "limit", "exit": "market", "stoploss": "market", "stoploss_on_exchange": True}'
    note = notes(tmp_path, body)["order_types.stoploss_on_exchange"]
    assert "stop orders on binance are limit orders, with the limit 1 % beyond the stop" in note


def test_partial_exits_that_would_rest_are_a_problem(tmp_path: Path) -> None:
    """With a stop on the exchange that blocks the coins, they would leave the position without one."""
    body = 'order_types = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": True}'
    notes(tmp_path, body)
    write_config(tmp_path / "config.json", robustop={"partials": True})
    found = findings("--strategy", "Mine", "--strategy-path", "mine", status=1)
    assert 'order_types.exit was "limit" with partial exits' in details(found, "problem")["conflicts"]


@pytest.mark.parametrize(("url", "asks"), [(None, True), ("sqlite:///mine.sqlite?timeout=60", False)])
def test_a_trade_database_that_does_not_wait(tmp_path: Path, url: str | None, asks: bool) -> None:
    """Freqtrade's own database waits for five seconds only; a longer patience needs no note, and no file is made."""
    given = {} if url is None else {"db_url": url}
    note = notes(tmp_path, "", **given).get("db_url", "")
    assert ("add ?timeout=30 to db_url" in note) is asks
    assert not list(tmp_path.glob("*.sqlite"))


def test_a_trade_database_with_another_time_zone(tmp_path: Path, postgres: str) -> None:
    """The check connects to PostgreSQL, and says what the dates would be."""
    url = new_database(postgres)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {engine.url.database} SET timezone TO 'Asia/Tokyo'"))
    engine.dispose()
    write_strategy(tmp_path / "mine", "Mine", "")
    write_config(tmp_path / "config.json", db_url=url, dry_run=False)
    problem = details(findings("--strategy", "Mine", "--strategy-path", "mine", status=1), "problem")["db_url"]
    assert "Asia/Tokyo" in problem
    assert "?options=-c%20timezone%3DUTC" in problem


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    """Only the note says that it was not examined."""
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:1/trades"
    note = notes(tmp_path, "", db_url=url, dry_run=False)["db_url"]
    assert "was not examined" in note
    assert "secret" not in note

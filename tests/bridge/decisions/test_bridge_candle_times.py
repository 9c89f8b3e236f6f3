"""Opening times of candles: days and hours since the epoch, weeks on Monday, months on the first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade
from pandas import DataFrame

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.core.side import LONG, SHORT
from tests.support.bots import Bot
from tests.support.hand_candles import PAIR, TWO_PERCENT
from tests.support.host import Host

GUARD = {
    "partials": [],
    "breakeven": {"mode": "percent"},
    "initial_stop": TWO_PERCENT,
    "engines": [{"name": "atr_guard"}],
}
A_DAY = 288
"""Five-minute candles; the first one opens on Wednesday, January 1."""


def moment(text: str) -> float:
    """Return a moment in seconds since the epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("timeframe", "now", "opened"),
    [
        ("1m", "2026-09-17T12:34:56", "2026-09-17T12:34"),
        ("5m", "2026-09-17T12:34:56", "2026-09-17T12:30"),
        ("5m", "2026-09-17T12:35:00", "2026-09-17T12:35"),
        ("4h", "2026-09-17T12:34:56", "2026-09-17T12:00"),
        ("1d", "2026-09-17T23:59:59", "2026-09-17"),
        ("1w", "2026-09-13T23:59:59", "2026-09-07"),
        ("1w", "2026-09-14T00:00:00", "2026-09-14"),
        ("1w", "2026-09-17T12:00:00", "2026-09-14"),
        ("1w", "2026-09-20T23:59:59.5", "2026-09-14"),
        ("1M", "2026-02-28T23:59:59", "2026-02-01"),
        ("1M", "2026-03-01T00:00:00", "2026-03-01"),
        ("1M", "2024-12-31T12:00:00", "2024-12-01"),
    ],
)
def test_when_the_candle_of_a_moment_opened(timeframe: str, now: str, opened: str) -> None:
    """The opening time is that of the exchange's candles; September 14, 2026 is a Monday."""
    assert AnalyzedCandles(None, timeframe).candle(moment(now)) == moment(opened)


def test_no_trail_inside_the_week_that_armed(host: Host, database: None, tmp_path: Path) -> None:
    """Armed on Wednesday, the guard offers breakeven until Monday, even after the Thursday in between."""
    bot = Bot(host, tmp_path / "audit", robustop=GUARD, timeframe="1w")
    trade = bot.bought()
    state = bot.strategy._robustop.store.get(trade)
    state.memory = state.memory._replace(atr=1.0, atr_at_entry=1.0)
    stops = []
    for days in (0.5, 1, 4, 5):
        bot.look(trade, 103.0, round(days * A_DAY))
        stops.append(Trade.get_trades_proxy(is_open=True)[0].stop_loss)
    assert stops == [100.0, 100.0, 100.0, 101.0]


class Provider:
    """A data provider with monthly candles: January, February, and so on, as many as given."""

    def __init__(self, months: int) -> None:
        """Make candles with a high of 100 plus the number of the month."""
        dates = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, months + 1)]
        highs = [100.0 + month for month in range(1, months + 1)]
        self.frame = DataFrame({"date": dates, "high": highs, "low": [90.0 - high for high in range(1, months + 1)]})

    def get_analyzed_dataframe(self, pair: str, timeframe: str) -> tuple[DataFrame, Any]:
        """Return the candles for any pair."""
        return self.frame, datetime.now(UTC)


@pytest.mark.parametrize(
    ("months", "after", "now", "closed"),
    [
        (2, "2026-02-01", "2026-03-02", None),
        (2, "2026-01-01", "2026-03-02", "2026-02-01"),
        (3, "2026-02-01", "2026-04-01", "2026-03-01"),
        (3, "2026-03-01", "2026-04-29", None),
        (3, "2026-02-28T23:59:59", "2026-04-01", "2026-03-01"),
    ],
)
def test_months_close_one_after_the_other(months: int, after: str, now: str, closed: str | None) -> None:
    """A month closes when the next one starts, whatever its length."""
    market = AnalyzedCandles(Provider(months), "1M")
    found = market.closes_since(PAIR, LONG, moment(after), moment(now))
    number = None if closed is None else int(closed[5:7])
    assert found == (None if closed is None or number is None else (100.0 + number, moment(closed)))
    other = market.closes_since(PAIR, SHORT, moment(after), moment(now))
    assert other == (None if closed is None or number is None else (90.0 - number, moment(closed)))


def test_the_month_of_the_entry_counts_to_its_last_day(host: Host, database: None, tmp_path: Path) -> None:
    """With stops that move at closes, a trade opened on January 31 takes January's close."""
    block = {**GUARD, "engines": [{"name": "hand_span"}], "anchor": "candle"}
    bot = Bot(host, tmp_path / "audit", robustop=block, timeframe="1M")
    trade = bot.bought()
    bot.strategy._robustop.candles.dp = Provider(1)
    state = bot.strategy._robustop.store.get(trade)
    state.position = replace(state.position, opened_at=moment("2026-01-31T12:00"))
    now = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=1)
    bot.strategy.should_exit(trade, 100.9, now, enter=False, exit_=False)
    assert state.memory.candle == moment("2026-01-01")
    assert state.memory.best == 101.0

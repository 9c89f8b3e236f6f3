"""A folder of candles becomes current, or is replayed from a start time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustop_plugin.venue.archive import instruments_of
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.replay import Replay

NOW = 1_800_000_123_456
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
FIVE, HOUR = 300_000, 3_600_000  # milliseconds


def store(path: Path, begin: datetime, prices: list[float], minutes: int) -> None:
    """Write flat candles, one price each."""
    path.parent.mkdir(exist_ok=True)
    dates = pd.date_range(begin, periods=len(prices), freq=timedelta(minutes=minutes), unit="ms")
    columns = dict.fromkeys(["open", "high", "low", "close"], np.array(prices, dtype=float))
    pd.DataFrame({"date": dates, **columns, "volume": 1.0}).to_feather(path)


def prices(instrument: Instrument, interval: str = "5m") -> dict[int, float]:
    """Return a market's closes by the opening times of their candles."""
    candles = instrument.tape.candles(interval, 0, NOW)
    return dict(zip(candles.times.tolist(), candles.rows[:, 3].tolist(), strict=True))


def test_pairs_stay_together(tmp_path: Path) -> None:
    """The newest candle of all pairs is open, and a pair that ended earlier continues with flat candles."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0], 5)
    store(tmp_path / "BBB_USDT-5m.feather", BEGIN, [5.0], 5)
    longer, shorter = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    shorter.catch_up(NOW)
    running = NOW // FIVE * FIVE
    assert prices(longer) == {running - 2 * FIVE: 1, running - FIVE: 2, running: 3}
    assert prices(shorter) == {running - 2 * FIVE: 5, running - FIVE: 5, running: 5}


def test_the_shortest_candles_are_used(tmp_path: Path) -> None:
    """Prices come from the file with the shortest candles, and longer candles are resampled from it."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0] * 12 + [2.0], 5)
    store(tmp_path / "AAA_USDT-1h.feather", BEGIN, [9.0, 9.0], 60)
    (instrument,) = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert instrument.tape.interval == "5m"
    assert set(prices(instrument, "1h").values()) == {1.0, 2.0}


def test_different_timeframes_slide_by_whole_candles(tmp_path: Path) -> None:
    """Hourly candles stay on whole hours, and no candle opens in the future."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0] * 25, 5)
    store(tmp_path / "BBB_USDT-1h.feather", BEGIN, [5.0, 6.0, 7.0], 60)
    short, hourly = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert all(time % HOUR == 0 for time in prices(hourly, "1h"))
    assert max(prices(short)) <= NOW
    assert NOW - HOUR < max(prices(hourly, "1h")) <= NOW


def test_a_market_without_a_file_has_no_price(tmp_path: Path) -> None:
    """A listed market without a file has no bid and ask."""
    (instrument,) = instruments_of(tmp_path, [Market("AAA/USDT", "AAA", "USDT", 0.01, 0.1)], NOW)
    instrument.catch_up(NOW)
    assert instrument.bid is instrument.ask is None


def test_futures_only(tmp_path: Path) -> None:
    """Without side files, the mark is the trade price and rates are neutral from the first candle on."""
    store(tmp_path / "futures" / "AAA_USDT_USDT-5m-futures.feather", BEGIN, [1.0] * 300, 5)
    (market,) = markets_of(tmp_path)
    assert (market.pair, market.symbol, market.settle) == ("AAA/USDT:USDT", "AAAUSDT", "USDT")
    (perpetual,) = instruments_of(tmp_path, [market], NOW)
    assert perpetual.mark is perpetual.tape
    settled = perpetual.funding.settled(NOW)
    assert {rate.rate for rate in settled} == {0.0001}
    assert perpetual.tape.begins is not None
    assert perpetual.tape.begins <= settled[0].time < perpetual.tape.begins + 8 * HOUR


def test_rates_of_older_files(tmp_path: Path) -> None:
    """Older files keep rates in the column `open`, and a replay uses only rates before its start."""
    store(tmp_path / "futures" / "AAA_USDT_USDT-5m-futures.feather", BEGIN, [1.0] * 300, 5)
    store(tmp_path / "futures" / "AAA_USDT_USDT-1h-funding_rate.feather", BEGIN, [0.1, 0.2, 0.3], 480)
    (perpetual,) = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert [rate.rate for rate in perpetual.funding.settled(NOW)][:3] == [0.1, 0.2, 0.3]
    replay = Replay(BEGIN + timedelta(hours=9))
    (perpetual,) = instruments_of(tmp_path, markets_of(tmp_path), NOW, replay)
    assert {rate.rate for rate in perpetual.funding.settled(NOW)} == {0.1, 0.2, 0.0001}


def test_a_replay_begins_at_its_start(tmp_path: Path) -> None:
    """Candles before the start are history, and later candles are played from now on."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0, 4.0], 5)
    replay = Replay(BEGIN + timedelta(minutes=10), speed=300)
    (instrument,) = instruments_of(tmp_path, markets_of(tmp_path), NOW, replay)
    running = NOW // FIVE * FIVE
    assert prices(instrument) == {running - 2 * FIVE: 1, running - FIVE: 2}
    instrument.catch_up(NOW)
    assert prices(instrument)[running] == 3
    instrument.catch_up(NOW + 999)
    assert instrument.bid == 3
    instrument.catch_up(NOW + 1000)
    assert instrument.bid == 4
    instrument.catch_up(NOW + 10 * FIVE)
    assert instrument.bid == 4


@pytest.mark.parametrize("start", [BEGIN - timedelta(days=1), BEGIN, BEGIN + timedelta(days=1)])
def test_a_replay_needs_candles_on_both_sides(tmp_path: Path, start: datetime) -> None:
    """A start without candles before and after it is refused with the time span of the candles."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0, 4.0], 5)
    with pytest.raises(ValueError, match="the candles run from 2025-01-01 00:00 to 2025-01-01 00:15 UTC"):
        instruments_of(tmp_path, markets_of(tmp_path), NOW, Replay(start))

"""A folder of candles becomes current, or is played from a moment on."""

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
FIVE, HOUR = 300_000, 3_600_000


def store(path: Path, begin: datetime, prices: list[float], minutes: int) -> None:
    """Write candles that stay at one price each."""
    path.parent.mkdir(exist_ok=True)
    dates = pd.date_range(begin, periods=len(prices), freq=timedelta(minutes=minutes), unit="ms")
    columns = dict.fromkeys(["open", "high", "low", "close"], np.array(prices, dtype=float))
    pd.DataFrame({"date": dates, **columns, "volume": 1.0}).to_feather(path)


def prices(instrument: Instrument, interval: str = "5m") -> dict[int, float]:
    """Return the closes of a market by the opening times of their candles."""
    candles = instrument.tape.candles(interval, 0, NOW)
    return dict(zip(candles.times.tolist(), candles.rows[:, 3].tolist(), strict=True))


def test_pairs_stay_together(tmp_path: Path) -> None:
    """The newest candle of all is running; a pair that ended before it has been quiet since."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0], 5)
    store(tmp_path / "BBB_USDT-5m.feather", BEGIN, [5.0], 5)
    one, other = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    other.catch_up(NOW)
    running = NOW // FIVE * FIVE
    assert prices(one) == {running - 2 * FIVE: 1, running - FIVE: 2, running: 3}
    assert prices(other) == {running - 2 * FIVE: 5, running - FIVE: 5, running: 5}


def test_the_shortest_candles_are_used(tmp_path: Path) -> None:
    """Of several files the one with the shortest candles tells the prices; hours follow from it."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0] * 12 + [2.0], 5)
    store(tmp_path / "AAA_USDT-1h.feather", BEGIN, [9.0, 9.0], 60)
    (one,) = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert one.tape.interval == "5m"
    assert set(prices(one, "1h").values()) == {1.0, 2.0}


def test_different_timeframes_slide_by_whole_candles(tmp_path: Path) -> None:
    """A pair with hours only keeps them on whole hours, and nothing opens in the future."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0] * 25, 5)
    store(tmp_path / "BBB_USDT-1h.feather", BEGIN, [5.0, 6.0, 7.0], 60)
    one, other = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert all(time % HOUR == 0 for time in prices(other, "1h"))
    assert max(prices(one)) <= NOW
    assert NOW - HOUR < max(prices(other, "1h")) <= NOW


def test_a_market_without_a_file_has_no_price(tmp_path: Path) -> None:
    """What is listed beside the folder's pairs waits for its first trade."""
    (nothing,) = instruments_of(tmp_path, [Market("AAA/USDT", "AAA", "USDT", 0.01, 0.1)], NOW)
    nothing.catch_up(NOW)
    assert nothing.bid is nothing.ask is None


def test_futures_only(tmp_path: Path) -> None:
    """Without mark prices on file the mark is the price, without rates they are neutral from the first candle."""
    store(tmp_path / "futures" / "AAA_USDT_USDT-5m-futures.feather", BEGIN, [1.0] * 300, 5)
    (market,) = markets_of(tmp_path)
    assert (market.pair, market.symbol, market.settle) == ("AAA/USDT:USDT", "AAAUSDT", "USDT")
    (one,) = instruments_of(tmp_path, [market], NOW)
    assert one.mark is one.tape
    settled = one.funding.settled(NOW)
    assert {rate.rate for rate in settled} == {0.0001}
    assert one.tape.begins is not None
    assert one.tape.begins <= settled[0].time < one.tape.begins + 8 * HOUR


def test_rates_of_older_files(tmp_path: Path) -> None:
    """Freqtrade used to keep rates as opens of candles; a replay knows those before its start only."""
    store(tmp_path / "futures" / "AAA_USDT_USDT-5m-futures.feather", BEGIN, [1.0] * 300, 5)
    store(tmp_path / "futures" / "AAA_USDT_USDT-1h-funding_rate.feather", BEGIN, [0.1, 0.2, 0.3], 480)
    (one,) = instruments_of(tmp_path, markets_of(tmp_path), NOW)
    assert [rate.rate for rate in one.funding.settled(NOW)][:3] == [0.1, 0.2, 0.3]
    replay = Replay(BEGIN + timedelta(hours=9))
    (one,) = instruments_of(tmp_path, markets_of(tmp_path), NOW, replay)
    assert {rate.rate for rate in one.funding.settled(NOW)} == {0.1, 0.2, 0.0001}


def test_a_replay_begins_at_its_start(tmp_path: Path) -> None:
    """What was before the start is history, what opens from then on happens from now on."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0, 4.0], 5)
    replay = Replay(BEGIN + timedelta(minutes=10), speed=300)
    (one,) = instruments_of(tmp_path, markets_of(tmp_path), NOW, replay)
    running = NOW // FIVE * FIVE
    assert prices(one) == {running - 2 * FIVE: 1, running - FIVE: 2}
    one.catch_up(NOW)
    assert prices(one)[running] == 3
    one.catch_up(NOW + 999)
    assert one.bid == 3
    one.catch_up(NOW + 1000)
    assert one.bid == 4
    one.catch_up(NOW + 10 * FIVE)
    assert one.bid == 4


@pytest.mark.parametrize("start", [BEGIN - timedelta(days=1), BEGIN, BEGIN + timedelta(days=1)])
def test_a_replay_needs_candles_on_both_sides(tmp_path: Path, start: datetime) -> None:
    """A start without a candle before it or after it is refused; the line says from when to when there are."""
    store(tmp_path / "AAA_USDT-5m.feather", BEGIN, [1.0, 2.0, 3.0, 4.0], 5)
    with pytest.raises(ValueError, match="the candles run from 2025-01-01 00:00 to 2025-01-01 00:15 UTC"):
        instruments_of(tmp_path, markets_of(tmp_path), NOW, Replay(start))

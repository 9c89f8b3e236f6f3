"""The embedded market is realistic, and Freqtrade can read it."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.history import load_data
from freqtrade.data.history.datahandlers import get_datahandler
from freqtrade.enums import CandleType

from robustop_plugin.venue.market import Market, write_market

PRICES = ["open", "high", "low", "close"]
Candles = dict[str, pd.DataFrame]


def digest(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_seed_determines_the_market(tmp_path: Path) -> None:
    """The same seed writes identical files, and another seed writes different ones."""
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        write_market(tmp_path / name, days=3, seed=seed)
    first, again, other = (digest(tmp_path / name) for name in ("first", "again", "other"))
    assert len(first) == 6
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_prices_lie_on_the_grid(markets: list[Market], candles: Candles) -> None:
    """Each price is positive and, as a decimal, a multiple of the tick size."""
    for market in markets:
        tick = Decimal(f"{market.tick_size:.8f}").normalize()
        for price in candles[market.pair][PRICES].to_numpy()[::50].ravel():
            assert price > 0
            assert Decimal(repr(float(price))) % tick == 0


def test_candles_are_consistent(candles: Candles) -> None:
    """Open and close lie between low and high, and volume is positive."""
    for frame in candles.values():
        assert (frame["high"] >= frame[PRICES].max(axis=1)).all()
        assert (frame["low"] <= frame[PRICES].min(axis=1)).all()
        assert (frame["volume"] > 0).all()
        assert frame.notna().all(axis=None)


def test_some_candles_open_away_from_the_last_close(candles: Candles) -> None:
    """Gaps of more than 0.1 percent exist but are rare."""
    for frame in candles.values():
        gaps = (frame["open"] / frame["close"].shift() - 1).abs() > 0.001
        assert 5 < gaps.sum() < 0.02 * len(frame)


def test_the_exchange_halts_now_and_then(candles: Candles) -> None:
    """Some candles are missing, at the same times for all pairs."""
    dates = [frame["date"] for frame in candles.values()]
    assert all(other.equals(dates[0]) for other in dates)
    steps = dates[0].diff().dropna()
    assert (steps >= pd.Timedelta("5min")).all()
    assert 1 <= (steps > pd.Timedelta("5min")).sum() <= 4
    assert steps.max() <= pd.Timedelta("4h")


def test_moves_are_believable(candles: Candles) -> None:
    """Daily returns deviate by 2 to 6 percent, the worst 12 hours lose 10 to 25 percent, and tails are fat."""
    for frame in candles.values():
        close = frame.set_index("date")["close"]
        assert 0.02 < close.resample("1D").last().pct_change().std() < 0.06
        assert 0.10 < -(close / close.rolling("12h").max() - 1).min() < 0.25
        assert np.log(close).diff().kurt() > 5


def test_volatility_clusters_and_volume_follows_it(candles: Candles) -> None:
    """Large moves follow large moves, and volume grows with a candle's range."""
    for frame in candles.values():
        moves = np.log(frame["close"]).diff().abs()
        assert moves.autocorr(1) > 0.2
        assert moves.autocorr(72) > 0.05
        assert frame["volume"].corr(frame["high"] / frame["low"]) > 0.6


def test_quiet_and_busy_days_differ(candles: Candles) -> None:
    """The calmest hours have less than a quarter of the range of the busiest."""
    for frame in candles.values():
        hours = np.log(frame["high"] / frame["low"]).rolling(144).mean().dropna()
        assert hours.quantile(0.02) < 0.25 * hours.quantile(0.98)


def test_freqtrade_loads_every_pair(datadir: Path, markets: list[Market], candles: Candles) -> None:
    """Freqtrade's loader finds every pair, and its data handler reads back identical candles."""
    pairs = [market.pair for market in markets]
    loaded = load_data(datadir, "5m", pairs, fill_up_missing=False, data_format="feather")
    assert set(loaded) == set(pairs)
    handler = get_datahandler(datadir, "feather")
    available = handler.ohlcv_get_available_data(datadir, trading_mode="spot")
    assert {pair for pair, _, _ in available} == set(pairs)
    for pair in pairs:
        raw = handler.ohlcv_load(
            pair, "5m", CandleType.SPOT, fill_missing=False, drop_incomplete=False, startup_candles=0
        )
        pd.testing.assert_frame_equal(raw, candles[pair])


def test_the_date_column_is_of_freqtrade_s_type(candles: Candles) -> None:
    """Dates have millisecond resolution in UTC, as in files that Freqtrade writes."""
    for frame in candles.values():
        assert str(frame["date"].dtype) == "datetime64[ms, UTC]"
        assert list(frame.columns) == ["date", *PRICES, "volume"]


def test_days_timeframe_and_start_are_kept(tmp_path: Path) -> None:
    """The candles start at `start`, have the requested length and end with the last day."""
    lines: list[str] = []
    start = datetime(2024, 3, 1, tzinfo=UTC)
    write_market(tmp_path, days=10, timeframe="1h", start=start, progress=lines.append)
    frame = pd.read_feather(tmp_path / "BTC_USDT-1h.feather")
    assert frame["date"].iloc[0] == start
    assert frame["date"].iloc[-1] == pd.Timestamp("2024-03-10 23:00", tz="UTC")
    assert frame["date"].diff().min() == pd.Timedelta("1h")
    assert len(lines) == 6
    assert lines[0] == f"BTC_USDT-1h.feather: {len(frame)} candles"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"days": 0}, "days was 0: it must cover at least 100 candles"),
        ({"seed": -1}, "seed was -1: it must be 0 or more"),
        ({"timeframe": "5x"}, "timeframe was '5x': it must be a number and m or h"),
        ({"start": datetime(2025, 1, 1)}, "start was 2025-01-01 00:00:00: it must have a time zone"),  # noqa: DTZ001 (refused)
    ],
)
def test_invalid_arguments_are_refused(tmp_path: Path, arguments: dict[str, object], sentence: str) -> None:
    """An invalid argument is refused with its value and its bound, and nothing is written."""
    with pytest.raises(ValueError, match=sentence):
        write_market(tmp_path / "none", **arguments)
    assert not (tmp_path / "none").exists()

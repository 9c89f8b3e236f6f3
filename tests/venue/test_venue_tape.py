"""Candles are resampled, extended and replayed."""

from datetime import UTC, datetime

import numpy as np
import pytest

from robustop_plugin.venue.history import NO_CANDLES, Candles
from robustop_plugin.venue.intervals import DAY, HOUR, LENGTHS, MINUTE, closings, opening
from robustop_plugin.venue.replay import Player, Replay
from robustop_plugin.venue.tape import Tape

BEGIN = int(datetime(2024, 1, 31, 23, 0, tzinfo=UTC).timestamp() * 1000)  # a Wednesday


def candles(count: int, interval: str = "5m", start: int = BEGIN) -> Candles:
    """Return candles that rise by 1 each: from 100 to 101, then from 101 to 102."""
    opens = 100.0 + np.arange(count)
    values = np.column_stack([opens, opens + 1.5, opens - 0.5, opens + 1, np.full(count, 2.0)])
    return Candles(start + np.arange(count) * LENGTHS[interval], values)


def test_hours_of_five_minutes() -> None:
    """Twelve 5-minute candles make an hour, and the open hour contains the candles so far."""
    hours = candles(15).together("1h")
    assert hours.times.tolist() == [BEGIN, BEGIN + HOUR]
    assert hours.rows.tolist() == [[100, 112.5, 99.5, 112, 24], [112, 115.5, 111.5, 115, 6]]


def test_resampling_no_candles() -> None:
    """Resampling no candles returns no candles."""
    assert len(NO_CANDLES.together("1h").times) == 0
    assert len(Tape("5m").candles("1h", 0, BEGIN).times) == 0


@pytest.mark.parametrize(
    ("interval", "opened", "closed"),
    [
        ("1h", "2024-01-31 23:00", "2024-02-01 00:00"),
        ("4h", "2024-01-31 20:00", "2024-02-01 00:00"),
        ("1d", "2024-01-31 00:00", "2024-02-01 00:00"),
        ("1w", "2024-01-29 00:00", "2024-02-05 00:00"),
        ("1M", "2024-01-01 00:00", "2024-02-01 00:00"),
    ],
)
def test_candles_open_where_binance_opens_them(interval: str, opened: str, closed: str) -> None:
    """Weeks open on Monday, months on their first day, and a candle closes 1 ms before the next opens."""

    def ms(time: str) -> int:
        return int(datetime.fromisoformat(f"{time}+00:00").timestamp() * 1000)

    assert opening(BEGIN + 17 * MINUTE, interval) == ms(opened)
    assert closings(np.array([ms(opened)]), interval).tolist() == [ms(closed) - 1]


def test_a_tape_offers_longer_candles_only() -> None:
    """A 5-minute tape offers 5 minutes and longer intervals, and no shorter or unknown ones."""
    tape = Tape("5m")
    intervals = ("1m", "5m", "1h", "1M", "7m", "")
    assert [interval for interval in intervals if tape.offers(interval)] == ["5m", "1h", "1M"]


def test_a_tape_fills_a_long_pause() -> None:
    """A day without trades is filled with flat candles, and the next trade sets the open of its candle."""
    tape = Tape("5m", candles(3))
    assert tape.begins == BEGIN
    now = BEGIN + DAY + MINUTE
    tape.roll(now)
    tape.roll(now)
    quiet = tape.candles("5m", 0, now)
    assert len(quiet.times) == 24 * 12 + 1
    assert np.unique(quiet.rows[3:], axis=0).tolist() == [[103, 103, 103, 103, 0]]
    tape.tick(now, 110.0, 1.0)
    tape.tick(now, 108.0, 1.0)
    assert tape.candles("5m", 0, now).rows[-1].tolist() == [110, 110, 108, 108, 2]
    assert tape.last == 108


def test_a_running_candle_keeps_what_it_had() -> None:
    """A trade in a candle with volume changes its close, extremes and volume, not its open."""
    tape = Tape("5m", candles(3))
    tape.tick(BEGIN + 14 * MINUTE, 99.0, 1.0)
    assert tape.candles("5m", 0, BEGIN + HOUR).rows[-1].tolist() == [102, 103.5, 99, 99, 3]


def test_a_replay_reproduces_its_candles() -> None:
    """At speed 1, the tape ends with exactly the candles that were played."""
    played = candles(6)
    replay = Replay(datetime.fromtimestamp((BEGIN + 2 * 5 * MINUTE) / 1000, tz=UTC))
    began = BEGIN + 50 * DAY
    tape, player = Tape("5m"), Player(played, 5 * MINUTE, replay, began)
    for now in range(began, began + 20 * MINUTE, 3 * MINUTE // 4):
        for tick in player.until(now):
            assert tick.time <= now
            tape.tick(*tick)
    assert tape.candles("5m", 0, began + DAY).rows.tolist() == played.rows[2:].tolist()
    assert list(player.until(began + DAY)) == []


def test_a_faster_replay_takes_less_time() -> None:
    """At speed 60, a 5-minute candle takes 5 seconds, and a falling candle reaches its high first."""
    falling = Candles(np.array([BEGIN]), np.array([[100.0, 101.0, 97.0, 98.0, 4.0]]))
    replay = Replay(datetime.fromtimestamp(BEGIN / 1000, tz=UTC), speed=60)
    player = Player(falling, 5 * MINUTE, replay, began=0)
    assert list(player.until(3749)) == [(0, 100.0, 1.0), (1250, 101.0, 1.0), (2500, 97.0, 1.0)]
    assert list(player.until(5000)) == [(3750, 98.0, 1.0)]

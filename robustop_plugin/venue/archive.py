"""Loads a folder of candles into the loopback Binance, shifted in time so that the newest candle is current."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from robustop_plugin.venue.datadir import FUTURES, CandleFile, candle_files
from robustop_plugin.venue.funding import Funding, Rate, rates_of
from robustop_plugin.venue.history import Candles, read
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.intervals import LENGTHS, MONTH
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.replay import Player, Replay
from robustop_plugin.venue.tape import Tape

SIDE_TIMEFRAMES = ("1h", "4h", "8h")  # of mark price and funding rate files, shortest first


class Slide(NamedTuple):
    """The time shift that makes old candles current.

    Attributes:
        by: shift into the future, in milliseconds.
        end: original time at which the history ends, in milliseconds since the epoch; None without a replay.
    """

    by: int
    end: int | None = None

    def moved(self, candles: Candles, length: int) -> Candles:
        """Return the shifted history; the shift is cut to whole candles, so that candles stay aligned."""
        if self.end is not None:
            candles = candles.between(0, self.end - 1)
        return candles.slid(self.by // length * length)


def instruments_of(
    datadir: Path, markets: Sequence[Market], now: int, replay: Replay | None = None
) -> list[Instrument]:
    """Return the markets with the folder's candles as their price history.

    Without a replay, the newest candle is open at `now`. With one, the last candle before the replay's start
    has just closed.

    Args:
        datadir: the folder.
        markets: the markets to list; one without a file starts without a price.
        now: the current time, in milliseconds since the epoch.
        replay: the replay that moves prices; None if control calls move them.

    Raises:
        ValueError: the replay starts outside the candles.
    """
    files = _finest(datadir)
    loaded = {market.pair: read(files[market.pair].path) for market in markets if market.pair in files}
    slide = _slide(files, loaded, now, replay)
    return [
        _instrument(datadir, market, files[market.pair], loaded[market.pair], slide, replay, now)
        if market.pair in loaded
        else Instrument(market, Tape("1m"))
        for market in markets
    ]


def _finest(datadir: Path) -> dict[str, CandleFile]:
    """Return each pair's file with the shortest candles. Months are skipped: they have no fixed length to shift by."""
    usable = [file for file in candle_files(datadir) if file.timeframe in LENGTHS and file.timeframe != MONTH]
    coarse_first = sorted(usable, key=lambda file: -LENGTHS[file.timeframe])
    return {file.pair: file for file in coarse_first}


def _slide(files: dict[str, CandleFile], loaded: dict[str, Candles], now: int, replay: Replay | None) -> Slide:
    """Return the shift that all markets share, in whole candles of their longest timeframe."""
    times = [candles.times for candles in loaded.values() if len(candles.times)]
    if not times:
        return Slide(0)
    longest = max(LENGTHS[files[pair].timeframe] for pair in loaded)
    newest = max(int(pair_times[-1]) for pair_times in times)
    if replay is None:
        return Slide((now - newest) // longest * longest)
    oldest = min(int(pair_times[0]) for pair_times in times)
    if not oldest < replay.start_ms <= newest:
        span = " to ".join(f"{pd.Timestamp(time, unit='ms'):%Y-%m-%d %H:%M}" for time in (oldest, newest))
        raise ValueError(f"replay was {replay.start:%Y-%m-%d %H:%M}: the candles run from {span} UTC")
    return Slide((now - replay.start_ms) // longest * longest, replay.start_ms)


def _instrument(
    datadir: Path,
    market: Market,
    file: CandleFile,
    candles: Candles,
    slide: Slide,
    replay: Replay | None,
    now: int,
) -> Instrument:
    length = LENGTHS[file.timeframe]
    tape = Tape(file.timeframe, slide.moved(candles, length))
    player = None if replay is None else Player(candles, length, replay, began=now)
    if not market.settle:
        return Instrument(market, tape, player=player)
    rates = _rates(datadir, market, slide)
    funding = Funding(tape.begins or now, rates)
    return Instrument(market, tape, _mark(datadir, market, slide), funding, player)


def _mark(datadir: Path, market: Market, slide: Slide) -> Tape | None:
    """Return the mark prices on file; None without a file."""
    for timeframe in SIDE_TIMEFRAMES:
        path = _side_file(datadir, market, timeframe, "mark")
        if path.exists():
            return Tape(timeframe, slide.moved(read(path), LENGTHS[timeframe]))
    return None


def _rates(datadir: Path, market: Market, slide: Slide) -> list[Rate]:
    """Return the shifted funding rates on file; empty without a file."""
    for timeframe in SIDE_TIMEFRAMES:
        path = _side_file(datadir, market, timeframe, "funding_rate")
        if path.exists():
            rates = rates_of(pd.read_feather(path), slide.by)
            end = None if slide.end is None else slide.end + slide.by
            return [rate for rate in rates if end is None or rate.time < end]
    return []


def _side_file(datadir: Path, market: Market, timeframe: str, kind: str) -> Path:
    return datadir / FUTURES / f"{market.base}_{market.quote}_{market.settle}-{timeframe}-{kind}.feather"

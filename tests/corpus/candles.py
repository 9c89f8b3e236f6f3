"""A data folder that holds every timeframe that a strategy may ask for, made from the real candles."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from freqtrade.exchange import timeframe_to_minutes

SPOT = tuple(
    f"{coin}/USDT"
    for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE", "LINK", "AVAX", "LTC", "NEAR", "PEPE", "WIF", "BIFI")
)
FUTURES = tuple(f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI"))
MINUTE_PAIRS = ("XRP/USDT", "PEPE/USDT")
"""The only pairs with candles of one minute."""

TIMEFRAMES = ("3m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w")
SOURCES = ("5m", "1m")
WHOLE = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
MONDAY = pd.Timestamp("1970-01-05", tz="UTC")


class Period(NamedTuple):
    """What is backtested for a timeframe.

    Attributes:
        pairs: pairs to trade.
        timerange: Freqtrade's notation.
    """

    pairs: tuple[str, ...]
    timerange: str


# Each ends within seconds, begins after the startup candles of most strategies, and holds the falls of March 2024.
SPOT_PERIODS = (
    (1, Period(MINUTE_PAIRS, "20240301-20240306")),
    (3, Period(MINUTE_PAIRS, "20240301-20240315")),
    (5, Period(SPOT[:4], "20240301-20240313")),
    (30, Period(SPOT[:4], "20240301-20240405")),
    (60, Period(SPOT[:6], "20240301-20240601")),
    (10**6, Period(SPOT, "20240301-20240905")),
)
FUTURES_PERIODS = (
    (5, Period(FUTURES, "20240301-20240313")),
    (30, Period(FUTURES, "20240215-20240331")),
    (60, Period(FUTURES, "20231101-20240331")),
    (10**6, Period(FUTURES, "20230601-20240510")),
)


def period_of(timeframe: str, *, futures: bool) -> Period:
    """Return the pairs and the time range for strategies of a timeframe."""
    minutes = timeframe_to_minutes(timeframe)
    return next(period for most, period in (FUTURES_PERIODS if futures else SPOT_PERIODS) if minutes <= most)


def build_datadir(source: Path, folder: Path) -> Path:
    """Fill a folder with links to the real candles, and with the timeframes that they lack."""
    for sub in (".", "futures"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
        for file in (source / sub).glob("*.feather"):
            (folder / sub / file.name).symlink_to(file.resolve())
    for path, wider, timeframe in _missing(folder):
        resampled(pd.read_feather(wider), timeframe).to_feather(path)
    return folder


def resampled(candles: pd.DataFrame, timeframe: str) -> pd.DataFrame:
    """Return the whole candles of a larger timeframe."""
    step = timedelta(minutes=timeframe_to_minutes(timeframe))
    origin = MONDAY if timeframe == "1w" else "epoch"
    rows = candles.resample(step, on="date", origin=origin).agg(WHOLE).dropna().reset_index()
    whole = rows["date"] + step <= candles["date"].iloc[-1] + (candles["date"].iloc[-1] - candles["date"].iloc[-2])
    return rows[whole & (rows["date"] >= candles["date"].iloc[0])].reset_index(drop=True)


def _missing(folder: Path) -> Iterator[tuple[Path, Path, str]]:
    """Yield each file to make, the file to make it from, and its timeframe."""
    for pairs, form in ((SPOT, "{pair}-{timeframe}.feather"), (FUTURES, "futures/{pair}-{timeframe}-futures.feather")):
        for name in (pair.replace("/", "_").replace(":", "_") for pair in pairs):
            for timeframe in TIMEFRAMES:
                path = folder / form.format(pair=name, timeframe=timeframe)
                wider = _source(folder, form, name, timeframe)
                if not path.exists() and wider is not None:
                    yield path, wider, timeframe


def _source(folder: Path, form: str, name: str, timeframe: str, sources: Sequence[str] = SOURCES) -> Path | None:
    minutes = timeframe_to_minutes(timeframe)
    usable = (source for source in sources if minutes % timeframe_to_minutes(source) == 0)
    paths = (folder / form.format(pair=name, timeframe=source) for source in usable)
    return next((path for path in paths if path.exists()), None)

"""Embedded market of the loopback Binance: six pairs priced 60000 to 0.00001, as Freqtrade's feather files."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.venue.candles import ohlc, volume
from robustop_plugin.venue.decimals import on_grid
from robustop_plugin.venue.regimes import MINUTES_PER_DAY, MINUTES_PER_HOUR

UNITS = {"m": 1, "h": MINUTES_PER_HOUR}  # minutes
MINIMUM_NOTIONAL = 5.0  # in USDT
MINIMUM_NOTIONALS = {
    **dict.fromkeys(("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "EUR"), MINIMUM_NOTIONAL),
    **dict.fromkeys(("TRY", "BRL"), 10.0),
    "BTC": 0.0001,
    "ETH": 0.001,
    "BNB": 0.01,
}
"""Smallest order by quote currency, in that currency. USDT and BTC match the NOTIONAL filter of Binance's exchangeInfo;
the others are worth about as much, or less."""

LEAST_NOTIONAL = 0.0001
"""Smallest order in any other quote currency. Its value is unknown here, so the minimum is below any usual stake."""
DAYS_PER_HALT = 20
SHORTEST_HALT, LONGEST_HALT = 10, 120  # minutes
FEWEST = 100  # candles, so that a halt fits in
START = datetime(2025, 1, 1, tzinfo=UTC)


class Market(NamedTuple):
    """A listed market: a spot pair or a USD-M perpetual.

    Attributes:
        pair: Freqtrade's name, `BTC/USDT` or `BTC/USDT:USDT`.
        base: base currency.
        quote: quote currency.
        tick_size: smallest price increment, in the quote currency; a power of ten.
        step_size: smallest quantity increment, in the base currency; a power of ten.
        minimum_notional: smallest order, in the quote currency.
        settle: settle currency of a perpetual; empty for spot.
    """

    pair: str
    base: str
    quote: str
    tick_size: float
    step_size: float
    minimum_notional: float = MINIMUM_NOTIONAL
    settle: str = ""

    @property
    def symbol(self) -> str:
        """Binance's name, `BTCUSDT`, which spot and the perpetual share."""
        return self.base + self.quote


def minimum_notional_in(quote: str) -> float:
    """Return the smallest order of pairs with this quote currency, in that currency."""
    return MINIMUM_NOTIONALS.get(quote, LEAST_NOTIONAL)


class Character(NamedTuple):
    """The trading character of a pair.

    Attributes:
        opening: first price, in the quote currency.
        volatility: standard deviation of an ordinary day's return.
        turnover: typical turnover in 5 minutes, in the quote currency.
    """

    opening: float
    volatility: float
    turnover: float


PAIRS = {
    Market("BTC/USDT", "BTC", "USDT", 0.01, 0.00001): Character(60000, 0.022, 3_700_000),
    Market("ETH/USDT", "ETH", "USDT", 0.01, 0.0001): Character(3000, 0.027, 1_800_000),
    Market("SOL/USDT", "SOL", "USDT", 0.01, 0.001): Character(150, 0.034, 1_200_000),
    Market("XRP/USDT", "XRP", "USDT", 0.0001, 0.1): Character(0.5, 0.030, 370_000),
    Market("DOGE/USDT", "DOGE", "USDT", 0.00001, 1.0): Character(0.15, 0.036, 180_000),
    Market("PEPE/USDT", "PEPE", "USDT", 0.00000001, 1.0): Character(0.00001, 0.042, 620_000),
}


def write_market(
    datadir: Path,
    *,
    days: int = 90,
    seed: int = 7,
    timeframe: str = "5m",
    start: datetime = START,
    progress: Callable[[str], None] | None = None,
) -> list[Market]:
    """Write realistic candles of six pairs; the same arguments always write the same candles.

    Args:
        datadir: folder of the files. It is created if missing, and existing files are replaced.
        days: number of days that the candles cover.
        seed: random seed, 0 or more.
        timeframe: length of a candle, in minutes or hours: `5m`, `1h`.
        start: opening time of the first candle, with a time zone.
        progress: called with one line per file.

    Returns:
        The six markets, highest price first.

    Raises:
        ValueError: an argument is invalid.
    """
    if seed < 0:
        raise ValueError(f"seed was {seed}: it must be 0 or more")
    minutes = _minutes(timeframe)
    dates = _dates(start, days, minutes)
    trading = _trading(np.random.default_rng([seed, len(PAIRS)]), len(dates), minutes)
    datadir.mkdir(parents=True, exist_ok=True)
    for number, (market, character) in enumerate(PAIRS.items()):
        candles = _candles(np.random.default_rng([seed, number]), market, character, dates, minutes)
        traded = candles[trading].reset_index(drop=True)
        name = f"{market.base}_{market.quote}-{timeframe}.feather"
        traded.to_feather(datadir / name, compression="lz4", compression_level=9)
        if progress is not None:
            progress(f"{name}: {len(traded)} candles")
    return list(PAIRS)


def _minutes(timeframe: str) -> int:
    """Return the length of a candle in minutes."""
    match = re.fullmatch(r"([1-9]\d*)([mh])", timeframe)
    if match is None:
        raise ValueError(f"timeframe was {timeframe!r}: it must be a number and m or h, as in 5m")
    return int(match[1]) * UNITS[match[2]]


def _dates(start: datetime, days: int, minutes: int) -> pd.DatetimeIndex:
    """Return the opening times of all candles, in Freqtrade's dtype."""
    if start.tzinfo is None:
        raise ValueError(f"start was {start}: it must have a time zone")
    count = days * MINUTES_PER_DAY // minutes
    if count < FEWEST:
        raise ValueError(f"days was {days}: it must cover at least {FEWEST} candles of {minutes} minutes")
    return pd.date_range(start.astimezone(UTC), periods=count, freq=timedelta(minutes=minutes), unit="ms")


def _candles(
    rng: np.random.Generator, market: Market, character: Character, dates: pd.DatetimeIndex, minutes: int
) -> pd.DataFrame:
    """Return a pair's candles, rounded to its tick and step size, before halts."""
    raw = ohlc(rng, character.opening, character.volatility, len(dates), minutes)
    typical = character.turnover * minutes / 5
    columns = {"date": dates}
    columns |= {name: on_grid(column, market.tick_size) for name, column in raw._asdict().items()}
    columns["volume"] = on_grid(volume(rng, raw, typical), market.step_size)
    return pd.DataFrame(columns)


def _trading(rng: np.random.Generator, count: int, minutes: int) -> NDArray[np.bool_]:
    """Return True for each candle outside a halt. Halts affect all pairs, and prices keep moving during them."""
    trading = np.ones(count, dtype=np.bool_)
    for _ in range(max(1, count * minutes // (DAYS_PER_HALT * MINUTES_PER_DAY))):
        halt = max(1, int(rng.integers(SHORTEST_HALT, LONGEST_HALT)) // minutes)
        begin = int(rng.integers(1, count - halt))
        trading[begin : begin + halt] = False
    return trading

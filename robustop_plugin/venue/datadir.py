"""Finds the markets that the loopback Binance can list in a folder of Freqtrade candles."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from robustop_plugin.venue.decimals import FINEST, step_of
from robustop_plugin.venue.history import OHLCV
from robustop_plugin.venue.market import Market, minimum_notional_in

PAIR = r"(?P<base>[^\W_]+)_(?P<quote>[^\W_]+)"
TIMEFRAME = r"(?P<timeframe>\d+[a-zA-Z]{1,2})"
SPOT_CANDLES = re.compile(rf"{PAIR}(?P<settle>)-{TIMEFRAME}\.feather")
FUTURES_CANDLES = re.compile(rf"{PAIR}_(?P<settle>[^\W_]+)-{TIMEFRAME}-futures\.feather")
FUTURES = "futures"  # subfolder of the data folder


class CandleFile(NamedTuple):
    """A candle file and the facts in its name.

    Attributes:
        path: path of the file.
        pair: Freqtrade's name, `BTC/USDT` or `BTC/USDT:USDT` (futures).
        base: base currency.
        quote: quote currency.
        settle: settle currency; empty for spot.
        timeframe: Freqtrade's name, such as `5m`.
    """

    path: Path
    pair: str
    base: str
    quote: str
    settle: str
    timeframe: str


def candle_files(datadir: Path) -> Iterator[CandleFile]:
    """Yield the spot candle files of a folder, then the futures candle files of its subfolder `futures`."""
    for folder, form in ((datadir, SPOT_CANDLES), (datadir / FUTURES, FUTURES_CANDLES)):
        for path in sorted(folder.glob("*.feather")):
            name = form.fullmatch(path.name)
            if name is not None:
                base, quote, settle = name["base"], name["quote"], name["settle"]
                pair = f"{base}/{quote}:{settle}" if settle else f"{base}/{quote}"
                yield CandleFile(path, pair, base, quote, settle, _timeframe(name["timeframe"]))


def markets_of(datadir: Path, timeframe: str | None = None) -> list[Market]:
    """Return the markets of a folder of candles, spot before futures, by name.

    Tick size and step size are derived from the candles: prices are multiples of one, volumes of the other.

    Args:
        datadir: a Freqtrade data folder with feather files such as `BTC_USDT-5m.feather` or
            `futures/BTC_USDT_USDT-5m-futures.feather`.
        timeframe: read only candles of this timeframe; None reads all.

    Raises:
        ValueError: the folder has no such file, or all are empty.
    """
    found: dict[str, Market] = {}
    for file in candle_files(datadir):
        if timeframe not in (None, file.timeframe):
            continue
        market = _market(file)
        if market is not None:
            found[market.pair] = _finer(market, found.get(market.pair, market))
    if not found:
        wanted = f"BASE_QUOTE-{timeframe or '5m'}.feather"
        raise ValueError(
            f"datadir was {datadir}: it must hold spot candles in Freqtrade's format, {wanted}, "
            f"or futures candles in its subfolder {FUTURES}"
        )
    return list(found.values())


def _market(file: CandleFile) -> Market | None:
    """Return the market of one file; None if the file has no candles."""
    candles = pd.read_feather(file.path, columns=OHLCV)
    if candles.empty:
        return None
    tick = step_of(candles[OHLCV[:-1]].to_numpy())
    minimum = minimum_notional_in(file.quote)
    step = min(step_of(candles["volume"].to_numpy()), _affordable(candles["close"].max(), minimum))
    return Market(file.pair, file.base, file.quote, tick, step, minimum, file.settle)


def _affordable(price: float, minimum: float) -> float:
    """Return the largest step worth no more than the smallest order, for volumes that are all whole or 0."""
    return 1 / 10.0 ** min(FINEST, max(0, math.ceil(math.log10(price / minimum))))


def _finer(market: Market, other: Market) -> Market:
    """Return a market with the smaller tick and step size of two timeframes."""
    tick, step = min(market.tick_size, other.tick_size), min(market.step_size, other.step_size)
    return market._replace(tick_size=tick, step_size=step)


def _timeframe(in_name: str) -> str:
    """Return the timeframe of a file name, in which Freqtrade writes `1M` as `1Mo`."""
    return in_name.removesuffix("o") if in_name.endswith("Mo") else in_name

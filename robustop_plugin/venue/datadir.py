"""Which markets a folder of Freqtrade candles holds, and in which files."""

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
FUTURES = "futures"  # the folder in the data folder


class CandleFile(NamedTuple):
    """A file of candles, by its name.

    Attributes:
        path: where it is.
        pair: `BTC/USDT`, or `BTC/USDT:USDT` of futures.
        base: the currency that is bought.
        quote: the currency it is paid in.
        settle: the currency of settlement; empty for spot.
        timeframe: `5m`.
    """

    path: Path
    pair: str
    base: str
    quote: str
    settle: str
    timeframe: str


def candle_files(datadir: Path) -> Iterator[CandleFile]:
    """Yield the files of spot candles in a folder, then those of futures candles in its folder `futures`."""
    for folder, form in ((datadir, SPOT_CANDLES), (datadir / FUTURES, FUTURES_CANDLES)):
        for path in sorted(folder.glob("*.feather")):
            name = form.fullmatch(path.name)
            if name is not None:
                base, quote, settle = name["base"], name["quote"], name["settle"]
                pair = f"{base}/{quote}:{settle}" if settle else f"{base}/{quote}"
                yield CandleFile(path, pair, base, quote, settle, _timeframe(name["timeframe"]))


def markets_of(datadir: Path, timeframe: str | None = None) -> list[Market]:
    """Return the markets of a folder of candles, spot before futures, by name.

    The candles tell the grids: prices lie on the tick size, volumes (sums of quantities) on the step size.

    Args:
        datadir: a Freqtrade data folder with feather files such as `BTC_USDT-5m.feather` or
            `futures/BTC_USDT_USDT-5m-futures.feather`.
        timeframe: look at these candles only; None for all there are.

    Raises:
        ValueError: the folder has no such file with a candle in it.
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
            f"datadir was {datadir}: it must hold spot candles as Freqtrade writes them, {wanted}, "
            f"or futures candles in its folder {FUTURES}"
        )
    return list(found.values())


def _market(file: CandleFile) -> Market | None:
    """Return the market that one file tells of; None for a file without candles."""
    candles = pd.read_feather(file.path, columns=OHLCV)
    if candles.empty:
        return None
    tick = step_of(candles[OHLCV[:-1]].to_numpy())
    minimum = minimum_notional_in(file.quote)
    step = min(step_of(candles["volume"].to_numpy()), _affordable(candles["close"].max(), minimum))
    return Market(file.pair, file.base, file.quote, tick, step, minimum, file.settle)


def _affordable(price: float, minimum: float) -> float:
    """Return the largest step worth no more than the smallest order: volumes may all be whole, or zero."""
    return 1 / 10.0 ** min(FINEST, max(0, math.ceil(math.log10(price / minimum))))


def _finer(one: Market, other: Market) -> Market:
    """Return the market with the finer grids of two timeframes."""
    return one._replace(tick_size=min(one.tick_size, other.tick_size), step_size=min(one.step_size, other.step_size))


def _timeframe(in_name: str) -> str:
    """Return the timeframe that a file's name means: Freqtrade writes `1Mo` for `1M`."""
    return in_name.removesuffix("o") if in_name.endswith("Mo") else in_name

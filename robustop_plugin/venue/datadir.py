"""Which markets a folder of Freqtrade candles holds."""

import math
import re
from pathlib import Path

import pandas as pd

from robustop_plugin.venue.decimals import step_of
from robustop_plugin.venue.market import MINIMUM_NOTIONAL, Market

SPOT_CANDLES = re.compile(r"(?P<base>[^\W_]+)_(?P<quote>[^\W_]+)-(?P<timeframe>\d+[a-zA-Z]{1,2})\.feather")
PRICES = ["open", "high", "low", "close"]


def markets_of(datadir: Path, timeframe: str | None = None) -> list[Market]:
    """Return the markets of a folder of spot candles, by name.

    The candles tell the grids: prices lie on the tick size, volumes (sums of quantities) on the step size.

    Args:
        datadir: a Freqtrade data folder with feather files such as `BTC_USDT-5m.feather`.
        timeframe: look at these candles only; None for all there are.

    Raises:
        ValueError: the folder has no such file with a candle in it.
    """
    found: dict[str, Market] = {}
    for path in sorted(datadir.glob("*.feather")):
        name = SPOT_CANDLES.fullmatch(path.name)
        if name is None or timeframe not in (None, _timeframe(name["timeframe"])):
            continue
        market = _market(path, name["base"], name["quote"])
        if market is not None:
            found[market.pair] = _finer(market, found.get(market.pair, market))
    if not found:
        wanted = f"BASE_QUOTE-{timeframe or '5m'}.feather"
        raise ValueError(
            f"datadir was {datadir}: it must hold spot candles as Freqtrade writes them, {wanted}"
        )
    return list(found.values())


def _market(path: Path, base: str, quote: str) -> Market | None:
    """Return the market that one file tells of; None for a file without candles."""
    candles = pd.read_feather(path, columns=[*PRICES, "volume"])
    if candles.empty:
        return None
    tick = step_of(candles[PRICES].to_numpy())
    step = min(step_of(candles["volume"].to_numpy()), _affordable(candles["close"].max()))
    return Market(f"{base}/{quote}", base, quote, tick, step)


def _affordable(price: float) -> float:
    """Return the largest step worth no more than the smallest order: volumes may all be whole, or zero."""
    return 1 / 10.0 ** max(0, math.ceil(math.log10(price / MINIMUM_NOTIONAL)))


def _finer(one: Market, other: Market) -> Market:
    """Return the market with the finer grids of two timeframes."""
    return one._replace(
        tick_size=min(one.tick_size, other.tick_size), step_size=min(one.step_size, other.step_size)
    )


def _timeframe(in_name: str) -> str:
    """Return the timeframe that a file's name means: Freqtrade writes `1Mo` for `1M`."""
    return in_name.removesuffix("o") if in_name.endswith("Mo") else in_name

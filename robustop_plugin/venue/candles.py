"""Price process of the loopback Binance's embedded market: random candles that look like a real market's.

The logarithm of the price takes several steps per candle, so that open, high, low and close lie on one path.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.venue.regimes import MINUTES_PER_DAY, MINUTES_PER_HOUR, Stretch, stretches

Column = NDArray[np.float64]

SUBSTEPS = 12  # price steps per candle
TAIL = 4  # degrees of freedom of Student's t; lower means fatter tails
GAP_SHARE = 0.004  # fraction of candles that open with a gap
GAP_SIZE = 1.5  # scale of a gap, in standard deviations of a candle
BOUNCE = 0.25  # bid-ask bounce, in standard deviations of a candle
MOODS = ((18.0, 0.45), (0.7, 0.3))  # volatility clusters over days and hours: half-life in hours, weight
VOLUME_POWER = 1.3  # exponent of the candle's range in its turnover
VOLUME_NOISE = 0.4  # standard deviation of the logarithm of turnover


class Ohlc(NamedTuple):
    """Columns of prices of consecutive candles: positive, not yet rounded to the tick size."""

    open: Column
    high: Column
    low: Column
    close: Column


def ohlc(rng: np.random.Generator, opening: float, volatility: float, count: int, minutes: int) -> Ohlc:
    """Return `count` candles of `minutes` each.

    Args:
        rng: the random generator.
        opening: price of the first open.
        volatility: standard deviation of an ordinary day's return.
        count: number of candles.
        minutes: length of a candle, in minutes.
    """
    plan = list(stretches(rng, count, minutes))
    ordinary = volatility * np.sqrt(minutes / MINUTES_PER_DAY)
    unrest = np.repeat([stretch.regime.unrest for stretch in plan], [stretch.stop - stretch.start for stretch in plan])
    spread = ordinary * unrest * _clusters(rng, count, minutes)
    steps = np.column_stack([_gaps(rng, spread), _shocks(rng, spread)])
    path = np.cumsum(_directed(steps, plan, spread, ordinary, minutes)).reshape(steps.shape)
    path[:, 1:-1] += rng.standard_normal((count, SUBSTEPS - 1)) * (BOUNCE * spread)[:, np.newaxis]
    prices = opening * np.exp(path)
    return Ohlc(prices[:, 0], prices.max(axis=1), prices.min(axis=1), prices[:, -1])


def volume(rng: np.random.Generator, prices: Ohlc, typical: float) -> Column:
    """Return volumes that grow with the candles' ranges.

    Args:
        rng: the random generator.
        prices: the candles.
        typical: typical turnover of a candle, in the quote currency.

    Returns:
        Volumes in the base currency.
    """
    spans = np.log(prices.high / prices.low)
    noise = rng.lognormal(0.0, VOLUME_NOISE, len(spans))
    turnover: Column = typical * noise * (spans / np.median(spans)) ** VOLUME_POWER
    return turnover / prices.close


def _clusters(rng: np.random.Generator, count: int, minutes: int) -> Column:
    """Return a slowly varying factor on volatility; its square has a mean of 1."""
    logarithm = np.zeros(count)
    for half_life, weight in MOODS:
        decay = _decay(half_life, minutes)
        noise = rng.standard_normal(count)
        noise[1:] *= np.sqrt((2 - decay) / decay)  # keeps the variance of the average at 1
        logarithm += weight * _smooth(noise, decay) - weight**2
    clusters: Column = np.exp(logarithm)
    return clusters


def _shocks(rng: np.random.Generator, spread: Column) -> Column:
    """Return fat-tailed steps inside each candle; their sum has the standard deviation `spread`."""
    unit = np.sqrt((TAIL - 2) / (TAIL * SUBSTEPS))
    shocks: Column = rng.standard_t(TAIL, (len(spread), SUBSTEPS)) * (unit * spread)[:, np.newaxis]
    return shocks


def _gaps(rng: np.random.Generator, spread: Column) -> Column:
    """Return the step from each close to the next open; most are 0."""
    jumps = rng.random(len(spread)) < GAP_SHARE
    jumps[0] = False
    gaps: Column = jumps * rng.standard_t(TAIL, len(spread)) * GAP_SIZE * spread
    return gaps


def _directed(steps: Column, plan: list[Stretch], spread: Column, ordinary: float, minutes: int) -> Column:
    """Add each regime's move or pull to its steps; return all steps as one row."""
    for stretch in plan:
        here = slice(stretch.start, stretch.stop)
        if stretch.regime.half_life is not None:
            decay = _decay(stretch.regime.half_life, minutes / (SUBSTEPS + 1))
            away = _smooth(np.append(0.0, steps[here].ravel()), decay) / decay
            steps[here] = np.diff(away).reshape(steps[here].shape)
        # A trend advances in volatile candles and pauses in calm ones.
        pace = spread[here] ** 2 / np.sum(spread[here] ** 2)
        move = stretch.move * ordinary * np.sqrt(stretch.stop - stretch.start)
        steps[here, 1:] += (move * pace / SUBSTEPS)[:, np.newaxis]
    return steps.ravel()


def _decay(half_life: float, minutes: float) -> float:
    """Return the fraction that decays in `minutes` at a half-life of `half_life` hours."""
    return float(1 - 0.5 ** (minutes / (half_life * MINUTES_PER_HOUR)))


def _smooth(values: Column, decay: float) -> Column:
    """Return the exponential moving average, started at the first value."""
    averages: Column = pd.Series(values).ewm(alpha=decay, adjust=False).mean().to_numpy()
    return averages

"""The price process: from a random generator to candles that look like a market's.

The logarithm of the price takes several steps in each candle: open, high, low and close belong to one path.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.venue.regimes import MINUTES_PER_DAY, MINUTES_PER_HOUR, Stretch, stretches

Column = NDArray[np.float64]

SUBSTEPS = 12
TAIL = 4  # degrees of freedom: lower is fatter
GAP_SHARE = 0.004
GAP_SIZE = 1.5  # in standard deviations of a candle
BOUNCE = 0.25  # between the sides of the order book, in standard deviations of a candle
MOODS = ((18.0, 0.45), (0.7, 0.3))  # half-life in hours, weight: volatility clusters over days and hours
VOLUME_POWER = 1.3
VOLUME_NOISE = 0.4


class Ohlc(NamedTuple):
    """Prices of consecutive candles, positive and off any grid."""

    open: Column
    high: Column
    low: Column
    close: Column


def ohlc(rng: np.random.Generator, opening: float, volatility: float, count: int, minutes: int) -> Ohlc:
    """Return `count` candles of `minutes` each.

    Args:
        rng: where all chance comes from.
        opening: the first open, in price.
        volatility: standard deviation of an ordinary day's return.
        count: number of candles.
        minutes: length of a candle.
    """
    plan = list(stretches(rng, count, minutes))
    ordinary = volatility * np.sqrt(minutes / MINUTES_PER_DAY)
    unrest = np.repeat([s.regime.unrest for s in plan], [s.stop - s.start for s in plan])
    spread = ordinary * unrest * _clusters(rng, count, minutes)
    steps = np.column_stack([_gaps(rng, spread), _shocks(rng, spread)])
    path = np.cumsum(_directed(steps, plan, spread, ordinary, minutes)).reshape(steps.shape)
    path[:, 1:-1] += rng.standard_normal((count, SUBSTEPS - 1)) * (BOUNCE * spread)[:, np.newaxis]
    prices = opening * np.exp(path)
    return Ohlc(prices[:, 0], prices.max(axis=1), prices.min(axis=1), prices[:, -1])


def volume(rng: np.random.Generator, prices: Ohlc, typical: float) -> Column:
    """Return volumes that follow the candles' ranges.

    Args:
        rng: where all chance comes from.
        prices: the candles.
        typical: turnover of a typical candle, in the quote currency.

    Returns:
        Volumes in the base currency.
    """
    reach = np.log(prices.high / prices.low)
    noise = rng.lognormal(0.0, VOLUME_NOISE, len(reach))
    turnover: Column = typical * noise * (reach / np.median(reach)) ** VOLUME_POWER
    return turnover / prices.close


def _clusters(rng: np.random.Generator, count: int, minutes: int) -> Column:
    """Return a factor on volatility that wanders slowly; the mean of its square is one."""
    logarithm = np.zeros(count)
    for half_life, weight in MOODS:
        decay = _forgetting(half_life, minutes)
        noise = rng.standard_normal(count)
        noise[1:] *= np.sqrt((2 - decay) / decay)  # the first value starts at the variance the others keep
        logarithm += weight * _smooth(noise, decay) - weight**2
    clusters: Column = np.exp(logarithm)
    return clusters


def _shocks(rng: np.random.Generator, spread: Column) -> Column:
    """Return the fat-tailed steps inside each candle, together `spread` wide."""
    unit = np.sqrt((TAIL - 2) / (TAIL * SUBSTEPS))
    shocks: Column = rng.standard_t(TAIL, (len(spread), SUBSTEPS)) * (unit * spread)[:, np.newaxis]
    return shocks


def _gaps(rng: np.random.Generator, spread: Column) -> Column:
    """Return the step from each close to the next open: mostly none."""
    jumps = rng.random(len(spread)) < GAP_SHARE
    jumps[0] = False
    gaps: Column = jumps * rng.standard_t(TAIL, len(spread)) * GAP_SIZE * spread
    return gaps


def _directed(steps: Column, plan: list[Stretch], spread: Column, ordinary: float, minutes: int) -> Column:
    """Give each stretch its regime's move or pull; return all steps in one row."""
    for stretch in plan:
        here = slice(stretch.start, stretch.stop)
        if stretch.regime.half_life is not None:
            decay = _forgetting(stretch.regime.half_life, minutes / (SUBSTEPS + 1))
            away = _smooth(np.append(0.0, steps[here].ravel()), decay) / decay
            steps[here] = np.diff(away).reshape(steps[here].shape)
        # A trend advances when the market is busy and pauses when it is calm.
        pace = spread[here] ** 2 / np.sum(spread[here] ** 2)
        move = stretch.move * ordinary * np.sqrt(stretch.stop - stretch.start)
        steps[here, 1:] += (move * pace / SUBSTEPS)[:, np.newaxis]
    return steps.ravel()


def _forgetting(half_life: float, minutes: float) -> float:
    """Return the share that is forgotten in `minutes` when half is forgotten in `half_life` hours."""
    return float(1 - 0.5 ** (minutes / (half_life * MINUTES_PER_HOUR)))


def _smooth(values: Column, decay: float) -> Column:
    """Return the exponential moving average that starts at the first value."""
    averages: Column = pd.Series(values).ewm(alpha=decay, adjust=False).mean().to_numpy()
    return averages

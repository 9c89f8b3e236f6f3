"""What the runs say: medians, candles held, ratios, and whether the stops held the same trades."""

import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pandas import DataFrame, Timedelta
from stops import RATIOS, SAME_RULES
from timing import Run

CANDLE = Timedelta(minutes=5)
ENTRY = ["pair", "open_date"]
PACKAGES = ("robustop", "freqtrade", "numpy", "pandas")


def figures_of(runs: Mapping[str, Sequence[Run]], decision_us: float) -> dict[str, Any]:
    """Return everything that is worth keeping, ready for JSON."""
    stops = {key: figures_of_stop(results) for key, results in runs.items()}
    trades = {key: results[0].trades for key, results in runs.items()}
    return {
        "stops": stops,
        "ratios": [ratio(stops, above, below) for above, below in RATIOS],
        "same_entries": all(same_entries(frame, trades["robustop"]) for frame in trades.values()),
        "exits_beside_robustop": {key: differing_exits(trades[key], trades["robustop"]) for key in SAME_RULES},
        "decision_us": decision_us,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    }


def figures_of_stop(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the figures of one stop; its seconds are the median of the rounds."""
    seconds, candles = statistics.median(run.seconds for run in runs), candles_held(runs[0].trades)
    return {
        "seconds": seconds,
        "cpu_seconds": statistics.median(run.cpu_seconds for run in runs),
        "rounds": [run.seconds for run in runs],
        "cpu_rounds": [run.cpu_seconds for run in runs],
        "trades": len(runs[0].trades),
        "candles": candles,
        "seconds_per_million_candles": seconds / candles * 1e6,
    }


def candles_held(trades: DataFrame) -> int:
    """Return how many candles the trades were looked at, the one of the entry included."""
    return int(((trades["close_date"] - trades["open_date"]) // CANDLE + 1).sum())


def ratio(stops: Mapping[str, Mapping[str, Any]], above: str, below: str) -> dict[str, Any]:
    """Return how two stops compare, in raw seconds and for each candle held."""
    result: dict[str, Any] = {"of": above, "to": below}
    for name in ("seconds", "cpu_seconds", "seconds_per_million_candles", "trades", "candles"):
        result[name] = stops[above][name] / stops[below][name]
    return result


def same_entries(one: DataFrame, other: DataFrame) -> bool:
    """Return whether two lists of trades hold the same entries, at the same prices."""
    columns = [*ENTRY, "open_rate"]
    first, second = (sorted(frame[columns].itertuples(index=False, name=None)) for frame in (one, other))
    return first == second


def differing_exits(one: DataFrame, other: DataFrame) -> dict[str, Any]:
    """Return how the exits of the same entries differ, and how often the other list left at a crossed level."""
    both = one.merge(other, on=ENTRY, suffixes=("", "_other"))
    elsewhen = both["close_date"] != both["close_date_other"]
    apart = (both["close_rate"] / both["close_rate_other"] - 1).abs() * 100
    at_other_price = ~elsewhen & (apart > 0)
    crossed = (elsewhen | at_other_price) & both["exit_reason_other"].str.startswith("robustop_")
    return {
        "compared": len(both),
        "in_another_candle": int(elsewhen.sum()),
        "at_another_price": int(at_other_price.sum()),
        "crossed_levels": int(crossed.sum()),
        "largest_price_difference_percent": float(apart[at_other_price].max()) if at_other_price.any() else 0.0,
    }

"""The figures of the backtests: medians, candles held, ratios, and whether the stops held the same trades."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from pandas import DataFrame, Timedelta
from stops import OFTEN, RATIOS, SAME_RULES, SELDOM, STOPS
from timing import Run

CANDLE = Timedelta(minutes=5)
ENTRY = ["pair", "open_date"]
EXIT = ["close_date", "close_rate", "exit_reason"]


def figures_of(runs: Mapping[str, Sequence[Run]], decisions_us: tuple[float, float]) -> dict[str, Any]:
    """Return the figures of all stops, ready for JSON."""
    stops = {key: figures_of_stop(results) for key, results in runs.items()}
    trades = {stop.key: runs[stop.key][0].trades for stop in STOPS}
    ratios = [ratio(name, stops, *pair) for name, pair in RATIOS.items()]
    growth = ratio("growth_10x_trades", stops, OFTEN.key, SELDOM.key)
    return {
        "decision_p50_us": decisions_us[0],
        "decision_p99_us": decisions_us[1],
        "stops": stops,
        "ratios": [*ratios, growth],
        "same_entries": all(same(frame, trades["robustop"], []) for frame in trades.values()),
        "same_trades": same(trades["native"], trades["same"], EXIT),
        "exits_beside_robustop": {key: differing_exits(trades[key], trades["robustop"]) for key in SAME_RULES},
    }


def backtest_ratios(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the ratios of this part, in CPU seconds, and the time of a decision."""
    ratios = {ratio["name"]: ratio["cpu_seconds"] for ratio in found["ratios"]}
    return {**ratios, "decision_p50_us": found["decision_p50_us"], "decision_p99_us": found["decision_p99_us"]}


def figures_of_stop(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the figures of one stop; seconds are medians over the rounds."""
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
    """Return the number of candles with an open trade, entry candles included."""
    return int(((trades["close_date"] - trades["open_date"]) // CANDLE + 1).sum())


def ratio(name: str, stops: Mapping[str, Mapping[str, Any]], above: str, below: str) -> dict[str, Any]:
    """Return the ratios of two stops, in seconds and per candle held."""
    result: dict[str, Any] = {"name": name, "of": above, "to": below}
    for figure in ("seconds", "cpu_seconds", "seconds_per_million_candles", "trades", "candles"):
        result[figure] = stops[above][figure] / stops[below][figure]
    return result


def same(first: DataFrame, second: DataFrame, exits: list[str]) -> bool:
    """Return whether two lists of trades have the same entries and prices, and equal values in these columns."""
    columns = [*ENTRY, "open_rate", *exits]
    rows = [sorted(frame[columns].itertuples(index=False, name=None)) for frame in (first, second)]
    return rows[0] == rows[1]


def differing_exits(trades: DataFrame, reference: DataFrame) -> dict[str, Any]:
    """Return how the exits of the same entries differ, and how often the reference left at a crossed level."""
    both = trades.merge(reference, on=ENTRY, suffixes=("", "_other"))
    elsewhen = both["close_date"] != both["close_date_other"]
    apart = (both["close_rate"] / both["close_rate_other"] - 1).abs() * 100
    at_other_price = ~elsewhen & (apart > 0)
    side = 1 - 2 * both["is_short_other"].astype(int)
    # An exit at a stop fills at or beyond the stop; an exit at a crossed level fills before it.
    before = side * (both["close_rate_other"] - both["stop_loss_abs_other"]) > 0
    crossed = (elsewhen | at_other_price) & (both["exit_reason_other"] == "trailing_stop_loss") & before
    return {
        "compared": len(both),
        "in_another_candle": int(elsewhen.sum()),
        "at_another_price": int(at_other_price.sum()),
        "crossed_levels": int(crossed.sum()),
        "largest_price_difference_percent": float(apart[at_other_price].max()) if at_other_price.any() else 0.0,
    }

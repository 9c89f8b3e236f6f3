"""Explains every exit of a backtest from the audit and the candles, without using robustop."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from tests.support.targets import missed_profit, outlived

HOSTS_OWN_EXITS = ("exit_signal", "force_exit", "roi")


class Explanation(Counter[str]):
    """Number of exits per cause; `unexplained` and `problems` must stay empty."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.problems: list[str] = []


def candle_table(folder: Path, pair: str, timeframe: str = "5m") -> pd.DataFrame:
    """Return a pair's candles by their opening time in milliseconds."""
    name = pair.replace("/", "_").replace(":", "_")
    spot, futures = folder / f"{name}-{timeframe}.feather", folder / "futures" / f"{name}-{timeframe}-futures.feather"
    frame = pd.read_feather(futures if ":" in pair else spot)
    frame.index = frame["date"].dt.as_unit("ms").astype("int64")
    return frame


def records_by_trade(audit: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """Return the records of each trade, keyed by pair and opening time."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for record in audit:
        found.setdefault((record["pair"], int(record["token"].split(":")[1])), []).append(record)
    return found


def side_of(trade: Mapping[str, Any]) -> int:
    """Return +1 for a long trade, -1 for a short one."""
    return -1 if trade["is_short"] else 1


def explain(
    trades: Iterable[Mapping[str, Any]],
    audit: Iterable[Mapping[str, Any]],
    folder: Path,
    costs_percent: float | None = None,
    case: Mapping[str, Any] | None = None,
) -> Explanation:
    """Return why each trade ended; every broken promise is a problem.

    Args:
        trades: as Freqtrade exports them.
        audit: robustop's records.
        folder: folder of the candles.
        costs_percent: what breakeven covers, in percent of the entry; None if it is not a percentage.
        case: the settings, for the promises of a bracket and of a time stop.
    """
    records = records_by_trade(audit)
    tables: dict[str, pd.DataFrame] = {}
    result = Explanation()
    for trade in trades:
        pair = trade["pair"]
        if pair not in tables:
            tables[pair] = candle_table(folder, pair)
        story = records.get((pair, trade["open_timestamp"]), [])
        name = f"{pair} {trade['open_date']}"
        for problem in problems_of(trade, story):
            result.problems.append(f"{name}: {problem}")
        for problem in limits_of(trade, story, tables[pair], case or {}):
            result.problems.append(f"{name}: {problem}")
        cause = cause_of(trade, story, tables[pair])
        result[cause] += 1
        if cause == "unexplained":
            result.problems.append(f"{name}: {trade['exit_reason']} at {trade['close_rate']} is unexplained")
        multiple = spans_before_exit(trade, story, tables[pair])
        if multiple >= 2 and costs_percent is not None:
            result["2R before the exit candle"] += 1
            on_entry_candle = trade["open_timestamp"] == trade["close_timestamp"]
            costs = side_of(trade) * costs_percent / 100
            gained = side_of(trade) * (trade["close_rate"] - trade["open_rate"] * (1 + costs))
            if not on_entry_candle and gained < 0:
                result.problems.append(f"{name}: had {multiple:.2f}R, closed at {trade['close_rate']}")
    return result


def problems_of(trade: Mapping[str, Any], story: list[Mapping[str, Any]]) -> Iterable[str]:
    """Yield the promises that a trade's records break."""
    if not story or story[0]["action"] != "initial":
        yield "the audit does not begin with the initial stop"
        return
    side, stops = side_of(trade), [record["new_stop"] for record in story]
    if side * (trade["open_rate"] - stops[0]) <= 0:
        yield f"initial stop {stops[0]} is not on the losing side of the entry {trade['open_rate']}"
    if any(side * (later - earlier) < 0 for earlier, later in pairwise(stops)):
        yield f"the stop loosened: {stops}"
    if stops[-1] != trade["stop_loss_abs"]:
        yield f"Freqtrade stored {trade['stop_loss_abs']}, decided was {stops[-1]}"
    unasked = [record["action"] for record in story if record["action"] in ("host", "error", "adopted")]
    if unasked:
        yield f"unexpected records: {unasked}"
    for record in story:
        liquidation = record["facts"]["liquidation"]
        if liquidation is None and trade["leverage"] > 1:
            yield f"the liquidation price was not known at {record['action']}"
        if liquidation is not None and side * (record["new_stop"] - liquidation) <= 0:
            yield f"the stop {record['new_stop']} is beyond the liquidation price {liquidation}"


def limits_of(
    trade: Mapping[str, Any], story: list[Mapping[str, Any]], table: pd.DataFrame, case: Mapping[str, Any]
) -> Iterable[str]:
    """Yield how a trade passed a take profit or a time stop of the settings."""
    if "time_stop_hours" in case:
        yield from outlived(trade, table, case["time_stop_hours"])
    for engine in case.get("engines", []):
        if engine["name"] == "bracket" and story:
            yield from missed_profit(trade, story[0]["new_stop"], table, engine)


def cause_of(trade: Mapping[str, Any], story: list[Mapping[str, Any]], table: pd.DataFrame) -> str:
    """Return why a trade ended; `unexplained` if price, candle and audit do not match."""
    candle, side = table.loc[trade["close_timestamp"]], side_of(trade)
    reason, rate = trade["exit_reason"], trade["close_rate"]
    moves = [record for record in story if record["action"] == "move"]
    stop = (moves or story)[-1]["new_stop"]
    if reason in HOSTS_OWN_EXITS:
        return reason if rate == candle["open"] else "unexplained"
    if reason.startswith("robustop_") or is_crossed(story):
        recorded = any(record["action"] == "exit" and record["reason"] == reason for record in story)
        # The fill price of a take profit is checked together with its target.
        inside = reason == "robustop_take_profit" and candle["low"] <= rate <= candle["high"]
        name = reason if reason.startswith("robustop_") else "crossed level"
        return name if inside or (recorded and rate == candle["open"]) else "unexplained"
    if reason == "stop_loss":
        return "initial stop" if not moves and fills_at(side, stop, candle) == rate else "unexplained"
    if reason != "trailing_stop_loss" or not moves:
        return "unexplained"
    if trade["open_timestamp"] == trade["close_timestamp"]:
        inside = candle["low"] <= rate <= candle["high"] and side * (stop - rate) >= 0
        return "moved stop on the entry candle" if inside else "unexplained"
    return f"moved stop ({moves[-1]['rule']})" if fills_at(side, stop, candle) == rate else "unexplained"


def is_crossed(story: list[Mapping[str, Any]]) -> bool:
    """Return whether the audit ends with an exit at a crossed level."""
    exits = [record for record in story if record["action"] == "exit"]
    return bool(exits) and exits[-1]["reason"] == "trailing_stop_loss" and exits[-1]["rule"] is not None


def fills_at(side: int, stop: float, candle: Mapping[str, Any]) -> float | None:
    """Return where Freqtrade fills a stop: at the stop, or at the open of a candle that lies wholly beyond it."""
    worst, best = (candle["low"], candle["high"]) if side > 0 else (candle["high"], candle["low"])
    if side * (worst - stop) > 0:
        return None
    return float(candle["open"] if side * (best - stop) < 0 else stop)


def spans_before_exit(trade: Mapping[str, Any], story: list[Mapping[str, Any]], table: pd.DataFrame) -> float:
    """Return the R-multiple of the best price over candles that closed before the exit's candle."""
    lived = table.loc[trade["open_timestamp"] : trade["close_timestamp"] - 1]
    if lived.empty or not story:
        return 0.0
    entry, side = trade["open_rate"], side_of(trade)
    best = lived["high"].max() if side > 0 else lived["low"].min()
    return float((best - entry) / (entry - story[0]["new_stop"]))

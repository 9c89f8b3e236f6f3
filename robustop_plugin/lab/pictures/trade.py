"""The picture of one backtest trade: candles and the path of the stop."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from robustop_plugin.lab.compare import Candles, read_candles
from robustop_plugin.lab.pictures.canvas import ENTRY, EXIT, PRICE, STOP, add_r_scale, save_picture
from robustop_plugin.runner.process import BacktestResult

MARGIN = 12
"""Candles shown before the entry and after the exit."""

Records = Sequence[Mapping[str, Any]]


def draw_best_trade(result: BacktestResult, datadir: Path, timeframe: str, path: Path) -> bool:
    """Draw the trade whose stop moved most often; return False if no trade had a stop."""
    moves: dict[int, list[dict[str, Any]]] = {}
    for record in result.audit:
        if record["action"] in ("initial", "move"):
            moves.setdefault(record["trade_id"], []).append(record)
    if not moves:
        return False
    records = max(moves.values(), key=len)
    opened = round(records[0]["time"] * 1000)
    pair = records[0]["pair"]
    trade = next(t for t in result.trades if t["pair"] == pair and t["open_timestamp"] == opened)
    draw_trade(trade, records, read_candles(datadir, pair, timeframe), path)
    return True


def draw_trade(trade: Mapping[str, Any], records: Records, candles: Candles, path: Path) -> None:
    """Draw a trade into a file: candles, entry, exit, and the path of the stop.

    Args:
        trade: The trade as exported by Freqtrade.
        records: Its audit records, starting with the initial stop.
        candles: Candles of its pair.
        path: File to write; the suffix gives the format.
    """
    gained = 100 * trade["profit_ratio"]
    title = f"{trade['pair']}: {len(records) - 1} stop moves, profit {gained:.2f} %"
    save_picture(lambda axes: _draw(axes, trade, records, _around(trade, candles)), title, path)


def _around(trade: Mapping[str, Any], candles: Candles) -> Candles:
    """Return the candles of a trade, with some before and after."""
    first = max(0, int(np.searchsorted(candles.opened, trade["open_timestamp"])) - MARGIN)
    last = int(np.searchsorted(candles.opened, trade["close_timestamp"])) + MARGIN
    return Candles(candles.opened[first:last], candles.high[first:last], candles.low[first:last])


def _draw(axes: Axes, trade: Mapping[str, Any], records: Records, candles: Candles) -> None:
    opened = candles.opened.astype("datetime64[ms]")
    times = [*(round(record["time"] * 1000) for record in records), trade["close_timestamp"]]
    stops = [record["new_stop"] for record in records]
    # One line with gaps: hundreds of lines would make a much larger SVG.
    bars = np.column_stack((candles.low, candles.high, np.full(len(opened), np.nan)))
    axes.plot(np.repeat(opened, 3), bars.ravel(), color=PRICE, linewidth=1, label="candles, low to high", gid="candles")
    # The last stop stays in force until the exit.
    path = (_moments(*times), [*stops, stops[-1]])
    axes.step(*path, where="post", color=STOP, linewidth=2, label="stop", gid="stop")
    ends = (
        ("entry", trade["open_timestamp"], trade["open_rate"], "o", ENTRY, "entry"),
        ("exit", trade["close_timestamp"], trade["close_rate"], "X", EXIT, f"exit: {trade['exit_reason']}"),
    )
    for gid, time, rate, sign, color, name in ends:
        axes.plot(_moments(time), [rate], sign, color=color, markersize=8, label=f"{name} at {rate:g}", gid=gid)
    axes.set_xlabel("time (UTC)")
    axes.set_ylabel("price")
    add_r_scale(axes, trade["open_rate"], stops[0])


def _moments(*milliseconds: int) -> NDArray[np.datetime64]:
    return np.array(milliseconds, dtype="datetime64[ms]")

"""How much time do robustop's stops cost a backtest? Measured in turns, in one run, on the same candles.

Two real `freqtrade backtesting` processes alternate: Freqtrade's native trailing stop, and robustop's hand
span. The stops differ, so the trades do: their numbers stand beside the ratio. Machines are noisy; the
ratio of the medians is what counts. Usage: python benchmarks/backtest.py [rounds]
"""

import json
import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import fresh_memory
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.side import LONG
from robustop_plugin.lab.backtest import BacktestResult, backtest
from robustop_plugin.settings import load_settings
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue

FOLDER = Path("user_data/bench")
NATIVE = {
    "trailing_stop": True,
    "trailing_stop_positive": 0.01,
    "trailing_stop_positive_offset": 0.02,
    "trailing_only_offset_is_reached": True,
}
ROOM = {"max_open_trades": -1, "dry_run_wallet": 1_000_000}
STEPS = 20_000


def seconds_of(result: BacktestResult) -> float:
    """Return how long Freqtrade's own clock says the backtest took, start of the process left out."""
    figures = result.statistics
    return float(figures["backtest_run_end_ts"] - figures["backtest_run_start_ts"])


def decision_microseconds() -> float:
    """Return what one decision of a trade in profit costs."""
    settings = load_settings({"partials": []}).default
    engines, position = settings.build_engines(), Position(LONG, 50_000.0, 49_000.0, 0.01, 0.0)
    memory = fresh_memory(position)
    started = time.perf_counter()
    for step in range(STEPS):
        tick = Tick(300.0 * step, 52_000 + step % 700 / 10)
        memory = decide(position, tick, memory, engines).memory
    return (time.perf_counter() - started) / STEPS * 1e6


def main(rounds: int) -> None:
    """Measure, print a table, and write the numbers beside it."""
    markets = write_market(FOLDER / "market", days=60)
    runs: dict[str, list[BacktestResult]] = {"PlainTrend": [], "HandSpanTrend": []}
    with Venue(markets).serve() as url:
        overlay = offline_overlay(url, [market.pair for market in markets])
        for name, more in (("PlainTrend", NATIVE), ("HandSpanTrend", {})):
            (FOLDER / f"{name}.json").write_text(json.dumps({**overlay, **ROOM, **more}))
        for _ in range(rounds):
            for name, results in runs.items():
                arguments = ["--strategy-path", "strategies", "--datadir", str(FOLDER / "market"), "--eps"]
                configs = [Path("config.json"), FOLDER / f"{name}.json"]
                results.append(backtest(name, configs, FOLDER / name, arguments))
    report(runs, decision_microseconds())


def report(runs: dict[str, list[BacktestResult]], decision: float) -> None:
    """Print the table and write user_data/bench/latest.json."""
    medians = {name: statistics.median(map(seconds_of, results)) for name, results in runs.items()}
    trades = {name: len(results[0].trades) for name, results in runs.items()}
    ratio = medians["HandSpanTrend"] / max(medians["PlainTrend"], 1e-9)
    table = Table("backtest of", "median seconds", "trades", title="60 days, 6 pairs, 5m")
    for name, what in (("PlainTrend", "native trailing stop"), ("HandSpanTrend", "robustop hand_span")):
        table.add_row(what, f"{medians[name]:.1f}", str(trades[name]))
    console = Console()
    console.print(table)
    console.print(f"ratio {ratio:.2f}; one decision in profit {decision:.0f} microseconds")
    figures = {"seconds": medians, "trades": trades, "ratio": ratio, "decision_us": decision}
    (FOLDER / "latest.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

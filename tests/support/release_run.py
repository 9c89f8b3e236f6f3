"""What one release of Freqtrade makes of the sample strategies: `make compatibility` compares it with the others.

`python -m tests.support.release_run FOLDER` runs real backtests and a small hyperopt on the embedded market, and writes
every trade and every epoch to `FOLDER/release_run.json`. With a second folder, the file there is what is expected.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import freqtrade

from robustop_plugin.runner.process import backtest, run_freqtrade
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue

ROOT = Path(__file__).parents[2]
FILE = "release_run.json"
DAYS, EPOCHS = 20, 4
STRATEGIES = ("HandSpanTrend", "AtrGuardLadder")
"""One engine; and two engines that sell in parts."""

OF_TRADE = (
    *("pair", "is_short", "open_timestamp", "close_timestamp", "open_rate", "close_rate", "amount", "stake_amount"),
    *("profit_abs", "profit_ratio", "exit_reason", "stop_loss_abs", "initial_stop_loss_abs", "orders"),
)
OF_ORDER = ("amount", "safe_price", "ft_order_side", "order_filled_timestamp", "ft_is_entry", "ft_order_tag", "cost")
OF_EPOCH = ("loss", "params_dict")


def part_of(whole: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return some values of a dictionary."""
    return {name: whole[name] for name in names if name in whole}


def trade_of(exported: dict[str, Any]) -> dict[str, Any]:
    """Return what of an exported trade has to be the same in all releases."""
    orders = [part_of(order, OF_ORDER) for order in exported["orders"]]
    return {**part_of(exported, OF_TRADE), "orders": orders}


def epochs_of(folder: Path, configs: Sequence[Path], arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Run a small hyperopt in the space robustop and return its epochs."""
    strategies, user = folder / "strategies", folder / "user"
    shutil.copytree(ROOT / "strategies", strategies, dirs_exist_ok=True)
    (user / "hyperopt_results").mkdir(parents=True)
    files = [part for config in configs for part in ("--config", str(config))]
    where = ["--strategy-path", str(strategies), "--userdir", str(user), *arguments]
    what = ["--strategy", "AtrGuardLadder", "--spaces", "robustop", "--epochs", str(EPOCHS), "--job-workers", "1"]
    how = ["--random-state", "7", "--hyperopt-loss", "SharpeHyperOptLoss", "--disable-param-export"]
    log = run_freqtrade(["hyperopt", *files, *where, *what, *how], folder / "hyperopt.log")
    if "Traceback" in log:
        raise RuntimeError(f"hyperopt logged an error: see {folder / 'hyperopt.log'}")
    (results,) = (user / "hyperopt_results").glob("*.fthypt")
    epochs = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return [
        {
            **part_of(epoch, OF_EPOCH),
            "trades": epoch["results_metrics"]["total_trades"],
            "profit": epoch["results_metrics"]["profit_total_abs"],
        }
        for epoch in epochs
    ]


def release_run(folder: Path) -> dict[str, Any]:
    """Run the backtests and the hyperopt in an empty folder, and return their trades and epochs."""
    shutil.rmtree(folder, ignore_errors=True)
    markets = write_market(folder / "market", days=DAYS)
    overlay = folder / "overlay.json"
    configs = [ROOT / "config.json", overlay]
    arguments = ["--datadir", str(folder / "market")]
    with Venue(markets).serve() as url:
        room = {"max_open_trades": len(markets), "dry_run_wallet": 100_000}
        overlay.write_text(json.dumps({**offline_overlay(url, [market.pair for market in markets]), **room}))
        samples = ["--strategy-path", str(ROOT / "strategies"), *arguments]
        trades = {name: backtest(name, configs, folder / name, samples).trades for name in STRATEGIES}
        epochs = epochs_of(folder, configs, arguments)
    return {
        "freqtrade": freqtrade.__version__,
        "trades": {name: [trade_of(trade) for trade in found] for name, found in trades.items()},
        "epochs": epochs,
    }


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return one line for each strategy, and for hyperopt, whose result is not the expected one."""
    lines = []
    for name, wanted in expected["trades"].items():
        trades = found["trades"][name]
        other = sum(one != two for one, two in zip(trades, wanted, strict=False)) + abs(len(trades) - len(wanted))
        if other:
            lines.append(f"{name}: {other} of {len(wanted)} trades differ")
    if found["epochs"] != expected["epochs"]:
        lines.append("hyperopt: the epochs differ")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Run, write the result, and compare it if a second folder is named."""
    folder = Path(arguments[0])
    found = release_run(folder)
    (folder / FILE).write_text(json.dumps(found, indent=1), encoding="utf-8")
    counts = ", ".join(f"{len(trades)} {name}" for name, trades in found["trades"].items())
    if not all(found["trades"].values()) or len(found["epochs"]) != EPOCHS:
        print(f"nothing to compare: {counts}, {len(found['epochs'])} epochs")  # noqa: T201 (a command's output)
        return 1
    wrong: list[str] = []
    if len(arguments) > 1:
        wrong = differences(found, json.loads((Path(arguments[1]) / FILE).read_text(encoding="utf-8")))
    print("; ".join(wrong) or f"trades {counts}; {EPOCHS} epochs")  # noqa: T201 (a command's output)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

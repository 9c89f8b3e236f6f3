"""Backtests the README's example, which protects a user's strategy, offline, with whatever robustop is installed.

`python readme_backtest.py README FOLDER`: run by the Python of an environment that holds Freqtrade and the wheel, from
outside the project; it imports nothing of the tests.
"""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import freqtrade

import robustop_plugin
from robustop_plugin.runner.process import backtest
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue


def main(readme: Path, folder: Path) -> None:
    """Run the backtest and print what ran and what came of it, as JSON."""
    (example,) = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "strategies").mkdir(parents=True)
    (folder / "strategies" / "my_strategy_protected.py").write_text(example, encoding="utf-8")
    theirs = Path(__file__).with_name("my_strategy.py").read_text(encoding="utf-8")
    (folder / "strategies" / "my_strategy.py").write_text(theirs, encoding="utf-8")
    markets = write_market(folder / "market", days=120, timeframe="1h", start=datetime(2024, 1, 1, tzinfo=UTC))
    config = json.loads((readme.parent / "config.json").read_text(encoding="utf-8"))
    # The strategy has its own.
    del config["timeframe"]
    with Venue(markets).serve() as url:
        overlay = offline_overlay(url, [market.pair for market in markets])
        (folder / "config.json").write_text(json.dumps({**config, **overlay}), encoding="utf-8")
        arguments = ["--strategy-path", str(folder / "strategies"), "--datadir", str(folder / "market")]
        arguments += ["--userdir", str(folder)]
        result = backtest("MyStrategyProtected", [folder / "config.json"], folder / "results", arguments)
    names = ("pair", "open_timestamp", "close_timestamp", "open_rate", "close_rate", "profit_abs", "exit_reason")
    ran = {
        "freqtrade": freqtrade.__version__,
        "robustop": robustop_plugin.__file__,
        "trades": [[trade[name] for name in names] for trade in result.trades],
        "moves": sum(record["action"] == "move" for record in result.audit),
    }
    print(json.dumps(ran))  # noqa: T201 (a command's output)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

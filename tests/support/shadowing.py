"""Strategies as they are, under robustop in shadow, and under robustop acting, in one real backtest."""

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple
from zipfile import ZipFile

from robustop_plugin.audit.file import read_audit
from robustop_plugin.runner.process import run_freqtrade
from tests.conftest import ROOT

BREAKEVEN = {"mode": "exact", "slippage_percent": 0.05}
SIX_ATR = {"kind": "atr", "multiplier": 6.0}
BLOCKS: dict[str, dict[str, Any]] = {
    "Span": {"engines": [{"name": "hand_span"}]},
    "Ladder": {
        "engines": [{"name": "atr_guard", "breakeven_atr": 4.0, "trail_atr": 4.0}, {"name": "r_ladder"}],
        "time_stop_hours": 8,
    },
    "Target": {
        "engines": [{"name": "bracket", "base_ratio": 1.2}, {"name": "smart_trail", "activation_percent": 2.0}],
        "anchor": "candle",
    },
    "Parts": {"engines": [{"name": "r_ladder"}], "partials": [[1.0, 0.5], [2.0, "rest"]]},
}
"""Settings by name; the initial stop is six ATRs away."""

PLAIN = """
import json
from pathlib import Path
from plain_trend import PlainTrend
from robustop_plugin import RobustopMixin


class Bare(PlainTrend):
    can_short = {futures}

    def populate_entry_trend(self, dataframe, metadata):
        dataframe = super().populate_entry_trend(dataframe, metadata)
        below = dataframe["fast"] < dataframe["slow"]
        if self.can_short:
            dataframe.loc[below & ~below.shift(1, fill_value=True), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe = super().populate_exit_trend(dataframe, metadata)
        dataframe.loc[dataframe["fast"] > dataframe["slow"], "exit_short"] = 1
        return dataframe

    def leverage(self, pair, current_time, current_rate, **kwargs):
        return 3.0


class Holds(Bare):
    "Leaves at its stop alone, so that robustop's exits are compared over whole trades."
    def populate_exit_trend(self, dataframe, metadata):
        return dataframe


class Trails(Bare):
    trailing_stop, trailing_stop_positive, trailing_stop_positive_offset = True, 0.005, 0.01
    trailing_only_offset_is_reached = True
    minimal_roi = {{"0": 0.05, "600": 0.02}}


class Asked(Bare):
    "Has callbacks of its own, and writes down each call."
    use_custom_stoploss, position_adjustment_enable = True, True

    def note(self, name, trade, *more):
        line = [name, trade.pair, trade.stop_loss, trade.amount, *map(str, more)]
        path = Path(self.config["exportdirectory"]) / ("calls-" + type(self).__name__)
        if not hasattr(self, "calls"):
            self.calls = path.open("w")
        self.calls.write(json.dumps(line) + chr(10))
        self.calls.flush()

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        self.note("custom_stoploss", trade, current_time, current_rate, current_profit)
        return -0.03 if current_profit > 0.02 else None

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        self.note("custom_exit", trade, current_time, current_rate, current_profit)
        return "enough" if current_profit > 0.04 else None

    def adjust_trade_position(self, trade, current_time, current_rate, current_profit, min_stake, max_stake, **kwargs):
        self.note("adjust_trade_position", trade, current_time, current_rate, current_profit)
        if current_profit < -0.01 and trade.nr_of_successful_entries == 1:
            return 400
        if current_profit > 0.015 and trade.nr_of_successful_exits == 0:
            return -trade.stake_amount / 2
        return None

    def confirm_trade_exit(self, pair, trade, order_type, amount, rate, time_in_force, exit_reason, **kwargs):
        self.note("confirm_trade_exit", trade, rate, exit_reason)
        return exit_reason != "exit_signal" or trade.open_date_utc.minute % 3 != 0

    def confirm_trade_entry(self, pair, order_type, amount, rate, *args, **kwargs):
        return pair != "XRP/USDT" or amount > 0

    def order_filled(self, pair, trade, order, current_time, **kwargs):
        self.note("order_filled", trade, order.ft_order_side, order.safe_price, current_time)
"""


class Outcome(NamedTuple):
    """The result of one strategy.

    Attributes:
        trades: its closed trades, as the result file has them.
        records: its audit.
        calls: what its callbacks were asked, one line per call.
    """

    trades: list[dict[str, Any]]
    records: list[dict[str, Any]]
    calls: str


def source(cases: dict[str, tuple[str, dict[str, Any]]], *, futures: bool) -> str:
    """Return a module: the plain strategies, and for each case one with robustop over a plain one."""
    text = PLAIN.format(futures=futures)
    for name, (base, block) in cases.items():
        settings = {"initial_stop": SIX_ATR, "breakeven": BREAKEVEN, "partials": [], **block}
        text += dedent(f"""

            class {name}(RobustopMixin, {base}):
                robustop = {settings!r}
            """)
    return text


def run(
    folder: Path, text: str, names: Sequence[str], configs: Sequence[Path], arguments: Sequence[str]
) -> dict[str, Outcome]:
    """Backtest some strategies of a module in one process; return what each has left."""
    for sample in (ROOT / "strategies").glob("*.py"):
        (folder / sample.name).write_text(sample.read_text())
    (folder / "cases.py").write_text(text)
    given = [part for config in configs for part in ("--config", str(config))]
    given += [*arguments, "--strategy-path", str(folder), "--cache", "none", "--backtest-directory", str(folder)]
    log = run_freqtrade(["backtesting", *given, "--strategy-list", *names], folder / "freqtrade.log")
    assert "Traceback" not in log, log[-6000:]
    (archive,) = folder.glob("backtest-result-*.zip")
    with ZipFile(archive) as files:
        results = json.loads(files.read(archive.with_suffix(".json").name))["strategy"]
    found = {}
    for name in names:
        records = [record for path in folder.glob(f"robustop-audit-{name}-*.jsonl") for record in read_audit(path)]
        calls = folder / f"calls-{name}"
        found[name] = Outcome(results[name]["trades"], records, calls.read_text() if calls.exists() else "")
    return found


def key_of(trade: dict[str, Any]) -> tuple[str, int]:
    """Return what names an entry in two runs whose trades have other numbers."""
    return trade["pair"], trade["open_timestamp"]

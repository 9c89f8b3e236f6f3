"""A breakeven exit loses no money: the block of the README on twelve real pairs, after fees, at 5m and at 1h."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from robustop_plugin.runner.process import BacktestResult
from tests.conftest import ROOT

pytestmark = pytest.mark.candles

LONG = bool(os.environ.get("ROBUSTOP_LONG"))
PERIODS = {"5m": "20240305-20240415", "1h": "20240105-20240305"}
if LONG:
    PERIODS = dict.fromkeys(PERIODS, "20240105-20240905")
FEWEST = 100
STRATEGY = '''"""The block of the README on the entries of a trend."""

from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class BreakevenTrend(RobustopMixin, PlainTrend):
    timeframe = "{timeframe}"
    startup_candle_count = 60
    robustop = {{"engines": [{{"name": "atr_guard", "fees": True}}], "initial_stop": {{"kind": "atr"}}}}
'''


def at_breakeven(result: BacktestResult) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each trade that left at a stop which the breakeven rule had set, with the last move of its stop."""
    moves: dict[int, dict[str, Any]] = {}
    ends: dict[tuple[str, int], dict[str, Any]] = {}
    for record in result.audit:
        if record["action"] == "closed":
            ends[record["pair"], int(record["token"].split(":")[1])] = moves.pop(record["trade_id"], {})
        elif record["action"] in ("initial", "move", "host"):
            moves[record["trade_id"]] = record
    found = []
    for trade in result.trades:
        move = ends[trade["pair"], trade["open_timestamp"]]
        if trade["exit_reason"] == "trailing_stop_loss" and move["rule"] == "breakeven":
            found.append((trade, move))
    return found


@pytest.mark.parametrize("timeframe", PERIODS)
def test_no_breakeven_exit_loses_money(
    run_backtest: Callable[[str, str, Sequence[str]], BacktestResult],
    tmp_path: Path,
    tell: Callable[[str], None],
    timeframe: str,
) -> None:
    """A fill at the stop earns its fees back; only a candle that opened beyond the stop may fill below it."""
    copyfile(ROOT / "strategies/plain_trend.py", tmp_path / "plain_trend.py")
    (tmp_path / "breakeven_trend.py").write_text(STRATEGY.format(timeframe=timeframe), encoding="utf-8")
    result = run_backtest("BreakevenTrend", PERIODS[timeframe], ["--strategy-path", str(tmp_path)])
    exits = at_breakeven(result)
    gaps = [trade for trade, move in exits if trade["close_rate"] < move["new_stop"]]
    lost = [trade for trade, _ in exits if trade["profit_abs"] < 0]
    losers = [trade for trade in lost if trade not in gaps]
    filled = f"{len(exits)} breakeven exits, {len(gaps)} of them below the stop, through a gap"
    tell(f"{timeframe}: {filled}; {len(lost) - len(losers)} lost money through a gap, {len(losers)} otherwise")
    assert len(exits) > FEWEST
    assert losers == []

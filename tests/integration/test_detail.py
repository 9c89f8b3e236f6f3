"""Stops anchored at candle closes are the same with and without detail candles."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.runner.process import BacktestResult, backtest
from tests.conftest import ROOT
from tests.support.sale_witness import LONG

pytestmark = pytest.mark.candles

TIMERANGE = "20240120-20240905" if LONG else "20240120-20240510"
ANCHORED = {"timeframe": "1h", "startup_candle_count": 250, "robustop": {"anchor": "candle"}}
FEWEST_MOVES = 100


@pytest.fixture(scope="module")
def run(
    offline_config: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[str]], BacktestResult]:
    """Return a function that backtests the sample on hourly candles, with stops anchored at their closes."""
    folder = tmp_path_factory.mktemp("anchored")
    overlay = folder / "anchored.json"
    overlay.write_text(json.dumps(ANCHORED))
    configs = [ROOT / "config.json", offline_config, overlay]

    def once(arguments: Sequence[str]) -> BacktestResult:
        more = [*common, "--timerange", TIMERANGE, *arguments]
        return backtest("HandSpanTrend", configs, folder / "-".join(["run", *arguments]).replace("--", ""), more)

    return once


def path_of(result: BacktestResult) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """Return every stop of every trade with the time it was set, by pair and entry time."""
    path: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for record in result.audit:
        if record["action"] in ("initial", "move"):
            trade = path.setdefault((record["pair"], record["token"].split(":")[1]), [])
            trade.append((record["time"], record["new_stop"], record["engine"], record["rule"]))
    return path


def test_detail_candles_change_no_stop(
    run: Callable[[Sequence[str]], BacktestResult], tell: Callable[[str], None]
) -> None:
    """1h with `--timeframe-detail 5m` sets the same stops at the same times as 1h alone, trade by trade."""
    plain, detailed = path_of(run([])), path_of(run(["--timeframe-detail", "5m"]))
    moves = sum(len(stops) - 1 for stops in plain.values())
    tell(f"{len(plain)} trades, {moves} moves at closes, with and without detail candles")
    assert moves > FEWEST_MOVES
    assert plain == detailed

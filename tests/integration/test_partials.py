"""Real `freqtrade backtesting` processes that sell in parts: spot, detail candles, and perpetuals long and short."""

import json
import math
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from robustop_plugin.lab.backtest import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import PAIRS, ROOM, ROOT
from tests.integration.explain import candle_table, explain
from tests.integration.selling import Rules, Rung, exactly, judge

pytestmark = pytest.mark.candles

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
LONG = bool(os.environ.get("ROBUSTOP_LONG"))
"""The environment variable ROBUSTOP_LONG asks for all the candles there are, which takes some minutes."""

DEFAULT: list[list[Any]] = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
LOW: list[list[Any]] = [[0.5, 0.5], [1.0, 0.25], [2.0, "rest"]]
LADDER = {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [2.0, 1.0]]}
WITNESS = '''
import json
from pathlib import Path
from {module} import {base}


class Witness({base}):
    """Writes down what the host holds before and after everything that changes the amount."""

    def bot_start(self, **kwargs):
        self.held = {{}}
        self.witness = (Path(self.config["exportdirectory"]) / "witness.jsonl").open("w")

    def should_exit(self, trade, rate, current_time, **kwargs):
        stop, amount = self.held.get(trade.id, (None, None))
        if amount is not None and amount != trade.amount:
            told = [trade.pair, int(trade.open_date_utc.timestamp()), current_time.timestamp(), rate]
            self.witness.write(json.dumps([*told, stop, trade.stop_loss]) + chr(10))
            self.witness.flush()
        exits = super().should_exit(trade, rate, current_time, **kwargs)
        self.held[trade.id] = trade.stop_loss, trade.amount
        return exits
'''


class Case(NamedTuple):
    """One backtest.

    Attributes:
        base: the strategy of the sample.
        module: where it stands.
        partials: the schedule.
        timerange: some weeks, and all there is.
        over: on top of the configuration.
        arguments: more of the command line.
        fewest: rungs that have to be reached.
        least: part of them that has to be sold; stakes can be too small for some.
    """

    base: str
    module: str
    partials: list[list[Any]]
    timerange: tuple[str, str]
    over: dict[str, Any] = {}  # noqa: RUF012 (read only)
    arguments: Sequence[str] = ()
    fewest: int = 100
    least: float = 0.95

    @property
    def futures(self) -> bool:
        """Whether it trades perpetuals."""
        return self.base == "TwoWayTrend"

    @property
    def rungs(self) -> list[Rung]:
        """The schedule as numbers."""
        return [(multiple, math.inf if share == "rest" else share) for multiple, share in self.partials]


SPOT, FUTURES = ("HandSpanTrend", "hand_span_trend"), ("TwoWayTrend", "two_way_trend")
NEAR = {"initial_stop": {"kind": "atr", "multiplier": 3.0}}
CASES = {
    "spot, default schedule": Case(
        *SPOT, DEFAULT, ("20240110-20240131", "20240105-20240905"), {"robustop": NEAR}, fewest=25
    ),
    "spot, low rungs": Case(
        *SPOT, LOW, ("20240110-20240131", "20240105-20240905"), {"robustop": {"engines": [LADDER]}}
    ),
    "hours with detail candles": Case(
        *SPOT,
        LOW,
        ("20240201-20240401", "20240120-20240905"),
        {"timeframe": "1h", "startup_candle_count": 250},
        ["--timeframe-detail", "5m"],
        fewest=60,
    ),
    "small stakes": Case(
        *SPOT,
        [[0.5, 0.2], [1.0, 0.2], [2.0, "rest"]],
        ("20240110-20240125",) * 2,
        {"stake_amount": 25},
        fewest=100,
        least=0.5,
    ),
    "perpetuals": Case(*FUTURES, LOW, ("20230905-20231010", "20230601-20240514")),
}


listed = cache(markets_of)


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def played(
    request: pytest.FixtureRequest, candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, BacktestResult, dict[str, Rules]]:
    """Run one case, with a witness of every stop around a sale."""
    case: Case = request.param
    folder, pairs = tmp_path_factory.mktemp("selling"), PERPETUALS if case.futures else PAIRS
    for source in (ROOT / "strategies").glob("*.py"):
        (folder / source.name).write_text(source.read_text())
    (folder / "witness.py").write_text(WITNESS.format(module=case.module, base=case.base))
    markets = [market for market in listed(candles, None if case.futures else "5m") if market.pair in pairs]
    rules = {market.pair: Rules(exactly(market.step_size), market.minimum_notional) for market in markets}
    robustop = {**case.over.get("robustop", {}), "partials": case.partials}
    room = {"max_open_trades": 3, "dry_run_wallet": 100_000} if case.futures else ROOM
    with Venue(markets).serve() as url:
        overlay = {**offline_overlay(url, pairs, futures=case.futures), **room, **case.over, "robustop": robustop}
        (folder / "over.json").write_text(json.dumps({**overlay, "position_adjustment_enable": True}))
        where = [*common[: common.index("--strategy-path")], "--strategy-path", str(folder)]
        what = ["--timerange", case.timerange[LONG], *case.arguments]
        result = backtest("Witness", [ROOT / "config.json", folder / "over.json"], folder / "out", [*where, *what])
    return case, result, rules


Played = tuple[Case, BacktestResult, dict[str, Rules]]


def test_every_exit_is_explained_and_every_rung_accounted_for(
    played: Played, candles: Path, tell: Callable[[str], None]
) -> None:
    """Stops never loosen, every exit follows from the audit, and what was due was sold, in lots, to the last one."""
    case, result, rules = played
    explanation = explain(result.trades, result.audit, candles)
    tables = {pair: candle_table(candles, pair) for pair in {trade["pair"] for trade in result.trades}}
    judgement = judge(result.trades, result.audit, tables, case.rungs, rules)
    counts = f"{len(result.trades)} trades: {dict(explanation)}; rungs: {dict(judgement)}"
    tell(f"{case.base} {case.partials} {case.over}: {counts}")
    assert explanation.problems == []
    assert judgement.problems == []
    assert judgement["reached"] >= case.fewest
    assert judgement.sold_share >= case.least


def test_no_stop_jumps_at_a_sale(played: Played) -> None:
    """What the host holds after a sale is what it held before, or what was decided at that very open, to the tick."""
    _, result, _ = played
    decided = {
        (record["pair"], int(record["token"].split(":")[1]) // 1000, record["time"]): record["new_stop"]
        for record in result.audit
        if record["action"] == "move"
    }
    lines = (result.folder / "witness.jsonl").read_text().splitlines()
    assert lines
    for pair, opened, now, _, before, after in map(json.loads, lines):
        assert after in (before, decided.get((pair, opened, now))), (pair, opened, now)


def test_nothing_went_wrong_in_the_log(played: Played) -> None:
    """The process logged no exception and robustop no complaint."""
    log = (played[1].folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log

"""Real `freqtrade backtesting` processes with a witness that records what Freqtrade holds around every sale."""

import json
import math
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import PAIRS, ROOM, ROOT
from tests.support.explain import candle_table, explain
from tests.support.selling_checks import Rules, Rung, exactly, judge

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
LONG = bool(os.environ.get("ROBUSTOP_LONG"))
"""The environment variable ROBUSTOP_LONG selects all candles, which takes some minutes."""

WITNESS = '''
import json
from pathlib import Path
from {module} import {base}


class Witness({base}):
    """Writes down what the host holds before and after everything that changes the amount."""

    can_short = {futures} and {base}.can_short

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
DETAILED: dict[str, Any] = {"timeframe": "1h", "startup_candle_count": 250}
DETAIL = ["--timeframe-detail", "5m"]


class Case(NamedTuple):
    """One backtest.

    Attributes:
        base: class name of the sample strategy.
        partials: its schedule.
        timerange: some weeks, and everything.
        over: configuration overrides.
        arguments: additional command line arguments.
        futures: whether it trades perpetuals.
        fewest: minimum number of reached rungs.
        least: minimum share of them that is sold; stakes can be too small for some.
    """

    base: str
    partials: list[list[Any]]
    timerange: tuple[str, str]
    over: dict[str, Any] = {}  # noqa: RUF012 (read only)
    arguments: Sequence[str] = ()
    futures: bool = False
    fewest: int = 100
    least: float = 0.95

    @property
    def module(self) -> str:
        """File of the strategy."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.base)[1:]

    @property
    def rungs(self) -> list[Rung]:
        """The schedule as numbers."""
        return [(multiple, math.inf if share == "rest" else share) for multiple, share in self.partials]


class Played(NamedTuple):
    """A case, its result, and the exchange's order rules by pair."""

    case: Case
    result: BacktestResult
    rules: dict[str, Rules]


listed = cache(markets_of)


def play(case: Case, candles: Path, common: list[str], folder: Path) -> Played:
    """Run one case."""
    pairs = PERPETUALS if case.futures else PAIRS
    for source in (ROOT / "strategies").glob("*.py"):
        (folder / source.name).write_text(source.read_text())
    (folder / "witness.py").write_text(WITNESS.format(module=case.module, base=case.base, futures=case.futures))
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
    return Played(case, result, rules)


def assert_explained(played: Played, candles: Path, tell: Callable[[str], None]) -> None:
    """Stops never loosen, the audit explains every exit, and everything due was sold, to the last lot."""
    case, result, rules = played
    explanation = explain(result.trades, result.audit, candles)
    tables = {pair: candle_table(candles, pair) for pair in {trade["pair"] for trade in result.trades}}
    judgement = judge(result.trades, result.audit, tables, case.rungs, rules)
    counts = f"{len(result.trades)} trades: {dict(explanation)}; rungs: {dict(judgement)}"
    tell(f"{case.base} {case.partials} {case.over}: {counts}")
    assert explanation.problems == []
    assert judgement.problems == []
    assert judgement["reached"] >= case.fewest
    assert not case.rungs or judgement.sold_share >= case.least


def assert_no_stop_jumped(played: Played) -> None:
    """The stop after a sale is the stop before it, or the one decided at that same open, to the tick."""
    decided = {
        (record["pair"], int(record["token"].split(":")[1]) // 1000, record["time"]): record["new_stop"]
        for record in played.result.audit
        if record["action"] == "move"
    }
    lines = (played.result.folder / "witness.jsonl").read_text().splitlines()
    assert bool(lines) == bool(played.case.rungs)
    for pair, opened, now, _, before, after in map(json.loads, lines):
        assert after in (before, decided.get((pair, opened, now))), (pair, opened, now)


def assert_nothing_went_wrong(played: Played) -> None:
    """The process logged no exception and no robustop error."""
    log = (played.result.folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log

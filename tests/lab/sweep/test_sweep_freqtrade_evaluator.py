"""Freqtrade as an evaluator: its trades are those of `freqtrade backtesting`."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from freqtrade.persistence import LocalTrade

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import (
    FreqtradeEvaluator,
    as_config_block,
    loaded_backtest,
    trades_of_fresh_run,
    with_block,
)
from robustop_plugin.lab.sweep.judging.verify import differences
from robustop_plugin.lab.sweep.parameter_file import confirm_command, write_parameters
from robustop_plugin.lab.sweep.scores.objective import r_multiples
from robustop_plugin.lab.sweep.strategy import space_of, swept_strategy
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.runner.run import BacktestRun, load_backtest
from robustop_plugin.settings import load_settings
from robustop_plugin.settings.tuning import tuned
from tests.support.score_landscapes import STOP, TRAIL

LISTED = {
    "pair": "pair",
    "open_time": "open_timestamp",
    "close_time": "close_timestamp",
    "open_rate": "open_rate",
    "close_rate": "close_rate",
    "amount": "amount",
    "stake": "stake_amount",
    "profit_abs": "profit_abs",
    "profit_ratio": "profit_ratio",
    "short": "is_short",
    "exit_reason": "exit_reason",
}
TRIED = [{STOP: 2.0, TRAIL: 1.0}, {STOP: 5.0, TRAIL: 3.0}, {STOP: 2.0, TRAIL: 1.0}]


def real(run: BacktestRun, folder: Path) -> BacktestResult:
    """Return the result of a `freqtrade backtesting` process."""
    words = confirm_command(run, Path("x.json"), Path("x.py")).split()
    more = words[words.index("--strategy") + 2 :]
    return backtest(run.strategy, [Path(config) for config in run.configs], folder, more)


def test_the_trades_are_those_of_a_real_process_with_the_same_parameters(
    run: BacktestRun, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Earlier settings have no effect, and the initial stops are those of the audit."""
    loaded = loaded_backtest(run)
    strategy_file = Path(loaded.strategy.__file__)
    evaluator = FreqtradeEvaluator(run)
    space = space_of(loaded, [])
    trades = [evaluator.trades(space.block(values)) for values in TRIED]
    assert not list(differences({}, trades[0], trades[2]))
    assert list(differences({}, trades[0], trades[1]))
    copy = tmp_path / "strategies"
    copy.mkdir()
    (copy / strategy_file.name).write_text(strategy_file.read_text())
    write_parameters(copy / "swept.json", copy / strategy_file.name, "Swept", TRIED[0])
    options = (*(option for option in run.options if option[0] != "strategy_path"), ("strategy_path", str(copy)))
    result = real(replace(run, options=options), tmp_path / "results")
    for ours, theirs in LISTED.items():
        assert list(getattr(trades[0], ours)) == [trade[theirs] for trade in result.trades], ours
    initial = [record for record in result.audit if record["action"] == "initial"]
    stops = {(record["pair"], record["time"] * 1000): record["new_stop"] for record in initial}
    entries = zip(trades[0].pair, trades[0].open_time, strict=True)
    assert list(trades[0].initial_stop) == [stops[entry] for entry in entries]
    tell(f"{len(result.trades)} trades")


def test_a_fresh_run_from_the_files_on_is_the_same(run: BacktestRun) -> None:
    """State kept between two settings changes no trade."""
    settings = loaded_backtest(run).settings
    block = tuned(settings.default, TRIED[1])
    kept = FreqtradeEvaluator(run).trades(block)
    assert len(kept.pair) > 10
    assert not list(differences({}, kept, trades_of_fresh_run(run, settings, block)))


def test_only_the_run_travels(run: BacktestRun) -> None:
    """A pickled evaluator is small and restores the same run."""
    sent = pickle.dumps(FreqtradeEvaluator(run))
    assert len(sent) < 2000
    assert pickle.loads(sent).run == run  # noqa: S301 (our own bytes)


def test_pairs_keep_values_of_their_own() -> None:
    """A new shared block changes the values that a pair shares, and no others."""
    block = {"engines": [{"name": "smart_trail"}], "partials": [], "hyperopt": True}
    settings = load_settings({**block, "pairs": {"A/USDT": {"initial_stop": {"multiplier": 9.0}}}})
    changed = with_block(settings, tuned(settings.default, {STOP: 4.0, TRAIL: 3.0}))
    own = changed.for_pair("A/USDT")
    assert (own.initial_stop.multiplier, own.engines[0].model_dump()["distance_percent"]) == (9.0, 3.0)
    assert with_block(settings, settings.default) is settings
    written = as_config_block(changed)
    assert load_settings(written).for_pair("A/USDT") == own.model_copy(update={"hyperopt": False})
    assert not written["hyperopt"]


@pytest.fixture
def changed(run: BacktestRun) -> Callable[..., BacktestRun]:
    """Return a function that changes strategy and options of the run."""

    def with_more(strategy: str = "Swept", **options: str) -> BacktestRun:
        kept = {**dict(run.options), **options}
        return BacktestRun(strategy, run.configs, tuple(kept.items()))

    return with_more


def overlay(run: BacktestRun, folder: Path, text: str) -> BacktestRun:
    """Return the run with one more configuration file."""
    path = folder / "more.json"
    path.write_text(text)
    return replace(run, configs=(*run.configs, str(path)))


def test_partial_exits_count_in_r_by_what_was_bought(run: BacktestRun, tmp_path: Path) -> None:
    """R-multiples of a position sold in parts refer to the bought amount, though Freqtrade lists the last part."""
    selling = '{"position_adjustment_enable": true, "robustop": {"partials": [[0.5, 0.5], [1.0, 0.25]]}}'
    partly = overlay(run, tmp_path, selling)
    trades = FreqtradeEvaluator(partly).trades(loaded_backtest(partly).settings.default)
    entries = [trade.select_filled_orders(trade.entry_side)[0] for trade in LocalTrade.bt_trades]
    assert sum(len(trade.orders) > 2 for trade in LocalTrade.bt_trades) > 5
    risks = [
        order.safe_filled * abs(rate - stop)
        for order, rate, stop in zip(entries, trades.open_rate, trades.initial_stop, strict=True)
    ]
    # Freqtrade's ratio refers to the paid amount, the entry fee of 0.1 % included.
    assert r_multiples(trades) == pytest.approx(trades.profit_abs / risks / 1.001, abs=1e-5)


def test_a_sweep_needs_parameters_that_have_an_effect(run: BacktestRun, tmp_path: Path) -> None:
    """Without `hyperopt` Freqtrade would ignore a parameter file."""
    off = overlay(run, tmp_path, '{"robustop": {"hyperopt": false}}')
    with pytest.raises(InvalidSettings, match=r"robustop.hyperopt was False: .* set it to true"):
        swept_strategy(load_backtest(off))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "Nobody"}, "Impossible to load Strategy 'Nobody'.*See --strategy and --strategy-path"),
        ({"timerange": "20300101-"}, "No data found.*See --datadir and --timerange"),
        ({"timerange": "20250101-20250102"}, "startup candles|No data"),
        ({"timerange": "yesterday"}, "Incorrect syntax for timerange"),
    ],
)
def test_what_freqtrade_refuses_is_one_line(
    changed: Callable[..., BacktestRun], options: dict[str, Any], message: str
) -> None:
    """The error is one line that says what to do."""
    with pytest.raises(InvalidSettings, match=message) as refused:
        load_backtest(changed(**options))
    assert "\n" not in str(refused.value)


def test_a_folder_without_candles_is_named(changed: Callable[..., BacktestRun], tmp_path: Path) -> None:
    """The error says how to download candles."""
    with pytest.raises(InvalidSettings, match=r"No data found.*freqtrade download-data"):
        load_backtest(changed(datadir=str(tmp_path)))


def test_a_strategy_without_the_mixin_is_no_subject(run: BacktestRun) -> None:
    """A strategy without the mixin is rejected by name."""
    folder = Path(dict(run.options)["strategy_path"])
    plain = (folder / "swept.py").read_text().replace("RobustopMixin, IStrategy", "IStrategy").replace("Swept", "Bare")
    (folder / "bare.py").write_text(plain)
    try:
        with pytest.raises(InvalidSettings, match="Bare does not use RobustopMixin"):
            load_backtest(replace(run, strategy="Bare"))
    finally:
        (folder / "bare.py").unlink()


def test_trades_have_one_type_each(run: BacktestRun) -> None:
    """All columns are arrays of the declared type and of equal length."""
    trades: Trades = FreqtradeEvaluator(run).trades(loaded_backtest(run).settings.default)
    kinds = {"open_time": np.int64, "close_time": np.int64, "short": np.bool_}
    for name, column in trades._asdict().items():
        assert len(column) == len(trades.pair)
        if name not in ("pair", "exit_reason"):
            assert column.dtype == kinds.get(name, np.float64)

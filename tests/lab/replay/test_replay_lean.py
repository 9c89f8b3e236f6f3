"""A replay that keeps only the columns that its strategy's settings name."""

from collections.abc import Iterator

import pytest

from robustop_plugin.lab.free_memory import return_memory
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.lab.sweep.evaluators.freqtrade import as_config_block
from robustop_plugin.settings import load_settings
from tests.support.replays import DEFAULTS, Bench, embedded_bench, played, rows_of

NAMED = {"kind": "column", "column": "slow", "fallback_percent": 2.0}
OTHER = {**NAMED, "column": "fast"}
COUNCIL = {"sentiment_column": "fast", "greed_above": 0.0, "bearish_column": "enter_long"}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Some days of the embedded market."""
    with embedded_bench(tmp_path_factory.mktemp("lean"), 6) as one:
        yield one


def test_named_columns_are_kept(days: Bench) -> None:
    """With the columns that the settings name, a pair's own included, the trades are those of Freqtrade."""
    own = {"ETH/USDT": {"initial_stop": OTHER}, "BTC/USDT": {"council": COUNCIL}}
    wanted = load_settings({**DEFAULTS, "initial_stop": NAMED, "pairs": own})
    config = as_config_block(wanted)
    evaluator = ReplayEvaluator(days.backtesting("HandSpanTrend", config), lean=True)
    hosts = played(days.backtesting("HandSpanTrend", config))
    assert rows_of(evaluator.trades(wanted)) == hosts
    assert {"ETH/USDT", "BTC/USDT"} <= {row[0] for row in hosts}


@pytest.mark.parametrize("block", [{"initial_stop": OTHER}, {"council": {**COUNCIL, "bearish_column": "slow"}}])
def test_a_dropped_column_is_refused(days: Bench, block: dict[str, object]) -> None:
    """A column that was not kept does not count as missing, which would mean other trades."""
    config = as_config_block(load_settings({**DEFAULTS, "initial_stop": NAMED}))
    evaluator = ReplayEvaluator(days.backtesting("HandSpanTrend", config), lean=True)
    with pytest.raises(NotModelled, match=r"column fast of .* was dropped"):
        evaluator.trades(load_settings({**DEFAULTS, "initial_stop": NAMED, **block}).default)


def test_memory_is_returned_more_than_once() -> None:
    """Where nothing can be returned, nothing fails."""
    for _ in range(2):
        return_memory()

"""Settings side by side: each gives the trades that it gives alone, whatever the length of stretches."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from robustop_plugin.core.errors import RobustopError
from robustop_plugin.lab.replay import evaluator as replay
from robustop_plugin.lab.replay.kernel import batch
from robustop_plugin.lab.replay.tiers import CODE, Tier
from robustop_plugin.settings import RobustopBlock, load_settings
from tests.support.replays import Bench, embedded_bench, rows_of

pytest.importorskip("numba")

SLOTS: dict[str, Any] = {"position_adjustment_enable": True, "max_open_trades": 3}
ATR = {"kind": "atr", "multiplier": 4.0}
LADDER = {"name": "r_ladder", "rungs": [[0.5, "breakeven"], [1.0, 0.8], [2.0, 0.3]]}
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"engines": [{"name": "hand_span"}], "initial_stop": {**ATR, "multiplier": at}} for at in (2.0, 3.0, 6.0)),
    {"engines": [{"name": "r_ladder"}], "initial_stop": ATR},
    {"engines": [LADDER, {"name": "bracket", "base_ratio": 1.5}], "initial_stop": ATR},
    {"engines": [{"name": "bracket", "max_active_brackets": 1}], "initial_stop": ATR},
    {"engines": [LADDER], "initial_stop": ATR, "partials": [[0.5, 0.3], [1.0, 0.2], [2.0, "rest"]]},
    {"engines": [{"name": "smart_trail"}], "initial_stop": ATR, "partials": [[1.0, 0.5]]},
    {"engines": [{"name": "smart_trail"}], "initial_stop": {"kind": "percent", "percent": 1.0}},
    {"engines": [{"name": "atr_guard"}], "initial_stop": ATR, "breakeven": {"mode": "exact"}, "time_stop_hours": 4.0},
    {"engines": [{"name": "atr_guard"}], "initial_stop": ATR, "anchor": "candle"},
)
BLOCKS: list[RobustopBlock] = [
    load_settings({"partials": [], "breakeven": {"mode": "percent"}, **settings}).default for settings in SETTINGS
]


class Plain(dict[Callable[..., Any], Callable[..., Any]]):
    """Functions as they stand, interpreted."""

    def __missing__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it stands."""
        return function


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return eight days of the embedded market, of which three warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("runs"), days=8) as served:
        yield served


@pytest.mark.parametrize("at_once", [1, 2, 32])
def test_settings_side_by_side_give_what_each_gives_alone(
    embedded: Bench, at_once: int, monkeypatch: pytest.MonkeyPatch, tell: Callable[[str], None]
) -> None:
    """With other engines, ladders of other lengths, with or without partial sales: no block affects another."""
    evaluator = embedded.evaluator(**SLOTS)
    alone = [rows_of(evaluator.trades(block)) for block in BLOCKS]
    monkeypatch.setattr(replay, "BATCH_SIZE", at_once)
    assert [rows_of(trades) for trades in evaluator.all_trades(iter(BLOCKS))] == alone
    different = {repr(rows) for rows in alone}
    tell(f"{len(BLOCKS)} settings, {len(different)} lists of up to {max(len(rows) for rows in alone)} trades")
    assert len(different) == len(BLOCKS)


def test_long_runs_are_replayed_in_smaller_groups(embedded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are replayed side by side have room for a number of trades; a single one always has."""
    evaluator = embedded.evaluator(**SLOTS)
    signals, sizes = len(evaluator.play(BLOCKS[0]).trades), list[int]()
    played = evaluator._played

    def counted(some: Any) -> Any:
        sizes.append(len(some))
        return played(some)

    monkeypatch.setattr(evaluator, "_played", counted)
    for trades, wanted in ((signals * 2, [2, 1]), (1, [1, 1, 1]), (signals * 99, [3])):
        monkeypatch.setattr(replay, "BATCH_TRADES", trades)
        sizes.clear()
        list(evaluator.all_trades(BLOCKS[:3]))
        assert sizes == wanted


def test_quick_code_and_full_code_make_equal_trades(embedded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far the replay is optimized changes no digit of any trade."""
    found = []
    for tier in Tier:
        monkeypatch.setenv(CODE, tier)
        found.append([rows_of(trades) for trades in embedded.evaluator(**SLOTS).all_trades(BLOCKS)])
    quick, full = found
    assert quick == full
    assert all(quick)


@pytest.mark.parametrize("stretch", [1, 7])
def test_the_length_of_a_stretch_makes_no_difference(embedded: Bench, stretch: int) -> None:
    """Trades open at the end of a stretch continue in the next."""
    evaluator = embedded.evaluator(**SLOTS)
    wanted = [rows_of(trades) for trades in evaluator.all_trades(BLOCKS)]
    plain, short = patch.object(evaluator, "_compiled", Plain()), patch.object(batch, "STRETCH", stretch)
    # Compiled code does not tell of infinities that cancel.
    with plain, short, np.errstate(all="ignore"):
        found = [rows_of(trades) for trades in evaluator.all_trades(BLOCKS)]
    assert found == wanted


def test_sizes_that_follow_from_the_wallet_are_those_of_each_setting(embedded: Bench) -> None:
    """An unlimited stake depends on the trades of the same run only."""
    evaluator = embedded.evaluator(**SLOTS, stake_amount="unlimited", dry_run_wallet=1000)
    together = [rows_of(trades) for trades in evaluator.all_trades(BLOCKS)]
    assert together == [rows_of(evaluator.trades(block)) for block in BLOCKS]


def test_a_refusal_among_many_is_told(embedded: Bench) -> None:
    """Settings that are not modelled raise an error among many others, too."""
    refused = load_settings({"partials": [], "engines": [{"name": "hand_span"}], "canary": 0.5}).default
    with pytest.raises(RobustopError, match="canary"):
        list(embedded.evaluator(**SLOTS).all_trades([*BLOCKS, refused]))

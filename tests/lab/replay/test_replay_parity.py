"""Parity on the embedded market: the replay's list of trades equals that of Freqtrade's backtest."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.settings import load_settings
from tests.support.markets import budget
from tests.support.replays import Bench, Row, embedded_bench, rows_of

pytest.importorskip("numba")

HAND, SMART, GUARD = {"name": "hand_span"}, {"name": "smart_trail"}, {"name": "atr_guard"}
BLOCKS: dict[str, dict[str, Any]] = {
    "hand_span": {"engines": [HAND]},
    "smart_trail": {"engines": [{**SMART, "breakeven_percent": 0.4}]},
    "tight": {"engines": [{**SMART, "activation_percent": 0.0, "distance_percent": 0.2}]},
    "atr_guard": {"engines": [{**GUARD, "breakeven_atr": 3.0, "trail_atr": 4.0}]},
    "r_ladder": {"engines": [{"name": "r_ladder"}]},
    "bracket": {"engines": [{"name": "bracket"}], "initial_stop": {"kind": "percent", "percent": 0.6}},
    "two": {"engines": [HAND, {**SMART, "activate_after_minutes": 60, "momentum_percent": 0.5}]},
    "regime": {
        "engines": [{"name": "bracket", "strategy": "market_condition"}, {**GUARD, "fees": True}],
        "initial_stop": {"kind": "swing", "lookback": 20},
    },
    "volatility": {
        "engines": [{"name": "bracket", "strategy": "volatility", "max_active_brackets": 2}, {"name": "r_ladder"}],
        "time_stop_hours": 5.0,
    },
    "adaptive": {
        "engines": [{**HAND, "adaptive": {"min_scale": 0.4}, "tighten": {"after_hours": 2, "lag": 0.5}}],
        "initial_stop": {"kind": "column", "column": "slow"},
        "breakeven": {"mode": "exact"},
    },
}
WALLETS: dict[str, dict[str, Any]] = {
    "two slots": {"max_open_trades": 2},
    "unlimited stake": {"max_open_trades": 3, "stake_amount": "unlimited", "dry_run_wallet": 800},
    "small wallet": {"stake_amount": 400, "dry_run_wallet": 1000, "amend_last_stake_amount": True},
    "fee and capital": {"available_capital": 1500, "fee": 0.00075, "stake_amount": 700},
}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return twelve days of the embedded market, of which three warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("replay"), days=12) as served:
        yield served


def summary(rows: list[Row]) -> str:
    """Return how many trades there were, and why they ended."""
    return f"{len(rows)} trades equal: {dict(Counter(row[-1] for row in rows))}"


@pytest.mark.parametrize("name", BLOCKS)
def test_every_engine_gives_the_trades_of_the_host(embedded: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Pair, times, rates, amounts, profits and reasons are the same to the last digit, in the same order."""
    hosts, replayed = embedded.both(BLOCKS[name])
    tell(summary(hosts))
    assert len(hosts) > 20
    assert replayed == hosts


@pytest.mark.parametrize("name", WALLETS)
def test_slots_and_stakes_are_those_of_the_host(embedded: Bench, name: str, tell: Callable[[str], None]) -> None:
    """If slots or balance do not suffice for all entries, the same trades are opened with the same stakes."""
    unlimited, _ = embedded.both(BLOCKS["hand_span"])
    hosts, replayed = embedded.both(BLOCKS["hand_span"], **WALLETS[name])
    tell(summary(hosts))
    assert hosts != unlimited
    assert replayed == hosts


def test_the_table_of_profits_is_that_of_the_host(embedded: Bench, tell: Callable[[str], None]) -> None:
    """The user's `minimal_roi` takes profit before the bracket where it is lower, under Freqtrade's name."""
    roi = {"0": 0.02, "60": 0.01, "120": 0.004, "240": -1}
    hosts, replayed = embedded.both(BLOCKS["bracket"], minimal_roi=roi)
    tell(summary(hosts))
    assert {"roi", "robustop_take_profit"} <= {row[-1] for row in hosts}
    assert replayed == hosts


def test_an_evaluator_can_be_sent_to_another_process(embedded: Bench) -> None:
    """An unpickled evaluator gives the same trades, without Freqtrade."""
    block = load_settings({"partials": [], **BLOCKS["two"]}).default
    here = embedded.evaluator()
    there: ReplayEvaluator = pickle.loads(pickle.dumps(here))  # noqa: S301 (our own)
    assert rows_of(there.trades(block)) == rows_of(here.trades(block))


ENGINES = (
    st.builds(lambda fee: {**HAND, "fee_percent": fee}, st.sampled_from((0.0, 0.1, 0.5))),
    st.builds(
        lambda activation, distance: {**SMART, "activation_percent": activation, "distance_percent": distance},
        st.floats(0, 2),
        st.floats(0.1, 2),
    ),
    st.builds(
        lambda arm, trail, fees: {**GUARD, "breakeven_atr": arm, "trail_atr": trail, "fees": fees},
        st.floats(0.5, 6),
        st.floats(0.5, 8),
        st.booleans(),
    ),
    st.just({"name": "r_ladder"}),
    st.builds(lambda ratio: {"name": "bracket", "base_ratio": ratio}, st.floats(1, 3)),
)


@given(
    engines=st.permutations(range(len(ENGINES))).flatmap(
        lambda order: st.integers(1, 3).flatmap(lambda count: st.tuples(*(ENGINES[index] for index in order[:count])))
    ),
    multiplier=st.floats(0.5, 10),
    hours=st.none() | st.floats(0.5, 12),
    anchor=st.sampled_from(("price", "candle")),
)
@budget(0.05)
def test_random_settings_give_the_trades_of_the_host(
    embedded: Bench, engines: tuple[dict[str, Any], ...], multiplier: float, hours: float | None, anchor: str
) -> None:
    """The lists are equal under any settings."""
    stop, when = {"kind": "atr", "multiplier": multiplier}, {"time_stop_hours": hours, "anchor": anchor}
    hosts, replayed = embedded.both({"engines": list(engines), "initial_stop": stop, **when})
    assert replayed == hosts


@pytest.mark.parametrize("partials", [[], [[0.3, 0.5]]])
def test_time_that_is_up_at_a_signal_comes_before_it(embedded: Bench, partials: list[list[float]]) -> None:
    """A trade that reaches the time stop at an exit signal ends with robustop's reason."""
    block = {"engines": [{"name": "r_ladder"}], "partials": partials}
    over = {"position_adjustment_enable": bool(partials)}
    hosts, _ = embedded.both(block, **over)
    longest = max((row for row in hosts if row[-1] == "exit_signal"), key=lambda row: row[3] - row[2])
    hosts, ours = embedded.both({**block, "time_stop_hours": (longest[3] - longest[2]) / 3_600_000}, **over)
    assert ours == hosts
    (same,) = [row for row in hosts if row[:3] == longest[:3]]
    assert (same[3], same[-1]) == (longest[3], "robustop_time_stop")

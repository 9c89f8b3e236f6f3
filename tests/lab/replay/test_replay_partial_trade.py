"""Parity of partial sales on the embedded market: the replay's list of trades equals that of Freqtrade."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.settings import load_settings
from tests.lab.replay.test_replay_parity import ENGINES
from tests.support.markets import budget
from tests.support.replays import STOP, Bench, Row, embedded_bench

pytest.importorskip("numba")

HAND, SMART, GUARD = {"name": "hand_span"}, {"name": "smart_trail"}, {"name": "atr_guard"}
RUNGS: list[list[Any]] = [[0.5, 0.4], [1.0, 0.25], [2.0, "rest"]]
EARLY = {"kind": "atr", "multiplier": 2.0}
BLOCKS: dict[str, dict[str, Any]] = {
    "the usual schedule": {"initial_stop": EARLY, "partials": True},
    "hand_span": {"engines": [HAND], "partials": RUNGS},
    "smart_trail": {"engines": [{**SMART, "activation_percent": 2.0}], "partials": RUNGS},
    "atr_guard": {"engines": [{**GUARD, "breakeven_atr": 3.0, "trail_atr": 4.0}], "partials": [[0.3, 0.2], [0.6, 0.2]]},
    "r_ladder": {"engines": [{"name": "r_ladder"}], "partials": RUNGS},
    "bracket": {
        "engines": [{"name": "bracket", "base_ratio": 2.0}],
        "partials": [[0.5, 0.5], [1.0, 0.1]],
        "initial_stop": {"kind": "percent", "percent": 0.6},
    },
    "portion": {"engines": [{**HAND, "portion": 0.6}], "partials": [], "initial_stop": EARLY},
    "portion and rungs": {
        "engines": [{**HAND, "portion": 0.3}, {**GUARD, "fees": True}],
        "partials": [[1.0, 0.3], [2.0, 0.3], [3.5, "rest"]],
        "initial_stop": EARLY,
    },
    "portion that follows": {
        "engines": [{**HAND, "portion": 0.5, "adaptive": {"min_scale": 0.4}, "tighten": {"after_hours": 1, "lag": 0}}],
        "partials": [[1.5, 0.25]],
        "initial_stop": EARLY,
        "breakeven": {"mode": "exact"},
        "time_stop_hours": 9.0,
    },
}
WALLETS: dict[str, dict[str, Any]] = {
    "two slots": {"max_open_trades": 2},
    "unlimited stake": {"max_open_trades": 3, "stake_amount": "unlimited", "dry_run_wallet": 800},
    "small wallet": {"stake_amount": 400, "dry_run_wallet": 1000, "amend_last_stake_amount": True},
    "capital": {"available_capital": 1500, "fee": 0.00075, "stake_amount": 700},
    "parts too small": {"stake_amount": 20},
}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return ten days of the embedded market, of which three warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("replay"), days=10) as served:
        yield served


def sold_alike(market: Bench, block: dict[str, Any], **over: Any) -> tuple[list[Row], list[Row], int]:
    """Return the trades of the host and of the replay, and how many parts were sold."""
    wanted = {"initial_stop": STOP, **block}
    hosts, replayed = market.both(wanted, position_adjustment_enable=True, **over)
    evaluator = market.evaluator(position_adjustment_enable=True, **over)
    return hosts, replayed, int(evaluator.play(load_settings(wanted).default).totals[0].sales)


@pytest.mark.parametrize("name", BLOCKS)
def test_parts_give_the_trades_of_the_host(embedded: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Pair, times, rates, amounts, stakes, profits and reasons are the same to the last digit, in the same order."""
    hosts, replayed, sales = sold_alike(embedded, BLOCKS[name])
    tell(f"{len(hosts)} trades equal, {sales} parts sold: {dict(Counter(row[-1] for row in hosts))}")
    assert sales > 2
    assert replayed == hosts


@pytest.fixture(scope="module")
def plenty(embedded: Bench) -> list[Row]:
    """Return the trades of a wallet that is large enough for all entries."""
    return sold_alike(embedded, BLOCKS["hand_span"])[0]


@pytest.mark.parametrize("name", WALLETS)
def test_what_parts_free_is_spent_as_the_host_spends_it(
    embedded: Bench, plenty: list[Row], name: str, tell: Callable[[str], None]
) -> None:
    """Stakes that are free again and realized profits are there for later entries; small rungs wait for the next."""
    hosts, replayed, sales = sold_alike(embedded, BLOCKS["hand_span"], **WALLETS[name])
    tell(f"{len(hosts)} trades equal, {sales} parts sold; {len(plenty)} trades with a large wallet")
    assert sales > 0
    assert hosts != plenty
    assert replayed == hosts


def test_money_of_parts_makes_entries_possible(embedded: Bench, tell: Callable[[str], None]) -> None:
    """With a wallet for three stakes there are entries that only what a sale has freed could pay for."""
    wallet = {"stake_amount": 400, "dry_run_wallet": 1300, "max_open_trades": 6}
    hosts, replayed, _ = sold_alike(embedded, BLOCKS["hand_span"], **wallet)
    without, _ = embedded.both({"engines": [HAND]}, position_adjustment_enable=True, **wallet)
    tell(f"{len(hosts)} trades with parts, {len(without)} without")
    assert len(hosts) > len(without)
    assert replayed == hosts


def test_profits_of_the_table_count_what_is_left(embedded: Bench, tell: Callable[[str], None]) -> None:
    """A `minimal_roi` takes profit of what is left, under the host's name."""
    roi = {"0": 0.02, "60": 0.01, "120": 0.004}
    hosts, replayed, sales = sold_alike(embedded, BLOCKS["r_ladder"], minimal_roi=roi)
    tell(f"{len(hosts)} trades equal, {sales} parts sold: {dict(Counter(row[-1] for row in hosts))}")
    assert sales > 0
    assert "roi" in {row[-1] for row in hosts}
    assert replayed == hosts


SHARES = st.lists(st.integers(1, 5).map(lambda tenths: tenths / 10), max_size=2)


@st.composite
def schedules(draw: st.DrawFn) -> list[list[Any]]:
    """Draw rungs that are near enough to be reached."""
    shares: list[Any] = [*draw(SHARES), *draw(st.sampled_from(([], ["rest"])))]
    steps = [draw(st.integers(1, 150)) / 100 for _ in shares]
    return [[round(sum(steps[: number + 1]), 2), share] for number, share in enumerate(shares)]


@given(
    others=st.lists(st.integers(1, len(ENGINES) - 1), max_size=2, unique=True).flatmap(
        lambda order: st.tuples(*(ENGINES[index] for index in order))
    ),
    hand=st.none() | st.builds(lambda portion: {**HAND, "portion": portion}, st.sampled_from((0.25, 0.5, 0.9))),
    schedule=schedules(),
    multiplier=st.floats(0.7, 6),
    exact=st.booleans(),
    anchor=st.sampled_from(("price", "candle")),
)
@budget(0.05)
def test_random_parts_give_the_trades_of_the_host(
    embedded: Bench,
    others: tuple[dict[str, Any], ...],
    hand: dict[str, Any] | None,
    schedule: list[list[Any]],
    multiplier: float,
    exact: bool,
    anchor: str,
) -> None:
    """Whatever the settings, the lists are equal."""
    block = {
        "engines": [*others, *([] if hand is None else [hand])] or [HAND],
        "partials": schedule,
        "initial_stop": {"kind": "atr", "multiplier": multiplier},
        "breakeven": {"mode": "exact" if exact else "percent"},
        "anchor": anchor,
    }
    hosts, replayed, _ = sold_alike(embedded, block)
    assert replayed == hosts

"""Skipped candles: a step at a skipped price decides nothing and changes nothing but the best price and the ATR."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.side import better, tighter
from robustop_plugin.lab.replay.kernel.row_types import SIGNAL_DECIMALS
from robustop_plugin.lab.replay.kernel.scalars import Position, Tick
from robustop_plugin.lab.replay.kernel.skip_bounds import looks_at_atr, never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.skip_candles import no_tighter_offer
from robustop_plugin.lab.replay.kernel.step import HOLDS, decided, fresh, observed, plain_tick
from robustop_plugin.lab.replay.kernel.tables import records
from robustop_plugin.lab.replay.kernel.trails import NOT_TIGHTER, compare_offer, follows, trail_offer
from robustop_plugin.lab.replay.settings_to_tables import engine_set_of
from tests.lab.replay.test_replay_step import number, place_of
from tests.support.engine_options import alone
from tests.support.markets import budget
from tests.support.scenarios import Scenario, block_of, lives_of

ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")
FAR = 10**9


def same(first: object, second: object) -> bool:
    """Return whether two memories are equal; NaN equals NaN."""
    return repr(first) == repr(second)


@given(
    life=lives_of(
        st.lists(st.sampled_from(ENGINES), min_size=1, max_size=3, unique=True).flatmap(
            lambda names: st.tuples(*(alone(name) for name in names)).map(
                lambda blocks: {"engines": [block["engines"][0] for block in blocks], "partials": []}
            )
        )
    ),
    between=st.lists(st.floats(0, 1), min_size=10, max_size=10),
)
@budget()
def test_nothing_comes_of_a_price_that_is_passed_over(life: Scenario, between: list[float]) -> None:
    """Between two ticks and at the second: a price within the bounds changes nothing."""
    engines = [{key: value for key, value in engine.items() if key != "portion"} for engine in life.block["engines"]]
    position, choice = life.position(), engine_set_of(block_of(life.with_settings(engines=engines)))
    place, side = place_of(position), position.side
    state = fresh(place, math.nan)
    look = plain_tick(0.0, place.entry, math.nan)
    asked = False
    for tick, share in zip(life.ticks(), between, strict=False):
        calm = skip_bounds(place, look, state, choice, state.stop, side * math.inf, FAR)
        if not asked and not tighter(side, calm.until, place.entry):
            calm = never_skip(calm)
        prices = (place.entry + share * (tick.price - place.entry), tick.price)
        for price in prices:
            look = Tick(
                tick.time, price, tick.time, number(tick.atr), number(tick.momentum), math.nan, True, price, False
            )
            new = tighter(side, price, state.best)
            passes = calm.can_skip and tighter(side, price, calm.stop) and (not new or tighter(side, calm.until, price))
            best = better(side, state.best, price)
            passes = passes and (not looks_at_atr(calm) or no_tighter_offer(place, state, calm, price, best, look.atr))
            if passes and follows(calm.trails):
                offer = trail_offer(place, calm.trails, best, new, look.atr)
                passes = compare_offer(place, offer, best, state.level) == NOT_TIGHTER
            says, after = decided(place, look, state, choice)
            if passes:
                assert says == HOLDS
                left = observed(place, look, state)
                if not math.isinf(calm.trails.share):
                    left = left._replace(smart=left.smart._replace(best=left.best))
                assert same(after, left)
            if price != tick.price:
                continue
            if says != HOLDS:
                return
            state, asked = after, True


def bounded(place: Position, atr: float) -> Callable[[float], bool]:
    """Return a function that tells if a best price is skipped for a guard that is not armed, at two ATRs."""
    state = fresh(place, atr)
    choice = engine_set_of(
        block_of(Scenario(1, *(None,) * 3, (), {"engines": [{"name": "atr_guard"}], "partials": []}, False))
    )
    look = plain_tick(0.0, place.entry, atr)
    calm = skip_bounds(place, look, state, choice, place.initial_stop, math.inf, FAR)
    assert calm.can_skip
    return lambda best: no_tighter_offer(place, state, calm, best, best, atr)


@pytest.mark.parametrize(("best", "quiet"), [(101.0, True), (109.9, True), (110.0, False), (120.0, False)])
def test_bounds_are_not_so_wide_that_nothing_is_passed_over(best: float, quiet: bool) -> None:
    """A guard that arms at two ATRs of five is skipped until just before ten."""
    place = place_of(Scenario(1, 0.01, 100.0, 90.0, (), {"engines": [], "partials": []}, False).position())
    assert bounded(place, 5.0)(best) is quiet


def test_rows_are_records() -> None:
    """Rows have named fields, zero at first."""
    row = records(2, SIGNAL_DECIMALS)[1]
    assert (row.value, row.regime) == (0.0, 0)

"""Hypothesis generators of engine views, memories and options, in compiled number types."""

import math
from fractions import Fraction

from hypothesis import strategies as st

from robustop_plugin.core.decision import Progress
from robustop_plugin.core.engine import NO_LEVEL, View
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import grid_of
from robustop_plugin.engines.atr_guard import AtrGuardMemory, AtrGuardOptions
from robustop_plugin.engines.bracket import BracketOptions
from robustop_plugin.engines.hand_span import HandSpanOptions
from robustop_plugin.engines.r_ladder import RLadderOptions, Rung
from robustop_plugin.engines.smart_trail import SmartTrailMemory, SmartTrailOptions
from robustop_plugin.protections import PartialRung
from tests.support.machines import FLOATS

GRIDS = tuple(map(grid_of, (1e-8, 5e-7, 0.05, 0.25, 0.1, 1.0)))
AGES = st.sampled_from((0.0, 3599.999, 3600.0, 3.6, 60.0, 1e9)) | st.floats(0, 1e6)
REGIMES, UNKNOWN = (0, 1, 2, 3), math.nan


@st.composite
def views(draw: st.DrawFn) -> View:
    """Draw a view, often at exactly this many spans, with or without an ATR."""
    way, entry = draw(st.sampled_from((1, -1))), draw(st.integers(10, 10**12))
    risk = draw(st.integers(1, 20) | st.integers(1, entry - 1))
    spans, beside = draw(st.integers(0, 8)), draw(st.sampled_from((-1, 0, 0, 1)))
    first, mean = draw(st.just(math.nan) | FLOATS), draw(st.just(math.nan) | FLOATS)
    part = draw(st.sampled_from((1.0, 0.5, 0.25, 0.07, 2.0)) | st.floats(0.01, 1.2))
    scale = Fraction(repr(part)) if part < 1 else Fraction(1)
    best = max(1, entry + way * int(risk * spans * scale) + beside)
    price = max(1, best - way * draw(st.sampled_from((0, 0, 1, risk, 2 * risk))))
    lattice = draw(st.sampled_from(GRIDS))
    known = draw(st.booleans())
    return View(
        side=way,
        grid=lattice,
        entry=Exact(float(entry), draw(st.sampled_from((0.0, 2.0**-30)))),
        risk=Exact(float(risk), 0.0),
        best=Exact(float(best), 0.0),
        gain=Exact(float(max(0, way * (best - entry))), 0.0),
        price=price * lattice.step / lattice.scale,
        profit=Exact(float(way * (price - entry)), 0.0),
        age=draw(AGES),
        candle=draw(st.sampled_from((0.0, 60.0, 1e9))),
        atr=first * part,
        atr_at_entry=first,
        atr_mean=mean,
        regime=draw(st.sampled_from(REGIMES)),
        momentum=draw(st.sampled_from((math.nan, -2.0, 0.0, 2.0)) | st.floats(-100, 100)),
        breakeven=Exact(float(entry + way * risk), 0.0) if known else NO_LEVEL,
    )


PERCENTS = st.sampled_from((0.0, 0.1, 1.0, 9.99))
OFF_OR_PERCENTS = PERCENTS | st.just(math.inf)
FACTORS = st.sampled_from((0.25, 0.3, 1.0, 2.0, 3.0))

OPTIONS = {
    "hand_span": st.builds(
        HandSpanOptions,
        fee_percent=PERCENTS,
        slippage_percent=PERCENTS,
        min_scale=st.sampled_from((1.0, 0.5, 0.07, 0.001)),
        tighten_after_hours=st.sampled_from((math.inf, 0.0, 0.001, 1.0)),
        tighten_lag=st.sampled_from((1.0, 0.3, 0.0)),
    ),
    "smart_trail": st.builds(
        SmartTrailOptions,
        activation_percent=PERCENTS,
        activate_after_minutes=st.sampled_from((math.inf, 0.0, 1.0, 0.06)),
        min_profit_percent=PERCENTS,
        distance_percent=FACTORS,
        breakeven_percent=OFF_OR_PERCENTS,
        momentum_percent=st.sampled_from((math.inf, 0.0, 2.0)),
        momentum_factor=FACTORS,
        fee_percent=PERCENTS,
        slippage_percent=PERCENTS,
    ),
    "atr_guard": st.builds(
        AtrGuardOptions,
        breakeven_atr=FACTORS,
        trail_atr=FACTORS,
        fees=st.booleans(),
        fee_percent=PERCENTS,
        slippage_percent=PERCENTS,
    ),
    "r_ladder": st.builds(
        RLadderOptions,
        rungs=st.sampled_from(
            (
                (Rung(1.0, math.nan),),
                (Rung(0.3, 1.5),),
                (Rung(1.0, math.nan), Rung(1.5, 1.0), Rung(2.0, 1.0), Rung(3.0, 1.5), Rung(4.0, 2.0)),
            )
        ),
        fees=st.booleans(),
        fee_percent=PERCENTS,
        slippage_percent=PERCENTS,
    ),
    "bracket": st.builds(
        BracketOptions,
        strategy=st.sampled_from((0, 1, 2)),
        base_ratio=FACTORS,
        volatility_factor=FACTORS,
        trending=FACTORS,
        ranging=FACTORS,
        volatile=FACTORS,
        min_ratio=st.sampled_from((0.5, 1.0)),
        max_ratio=st.sampled_from((2.5, 3.0)),
    ),
}
COUNTABLE = FLOATS.filter(lambda price: price < 1e10)
"""Prices below 2**63 ticks on the finest grid here: in compiled code, a floor is a 64-bit integer."""

KEPT = {
    "smart_trail": st.just(SmartTrailMemory())
    | st.builds(SmartTrailMemory, st.just(value=True), COUNTABLE, st.booleans()),
    "atr_guard": st.just(AtrGuardMemory())
    | st.builds(AtrGuardMemory, st.just(value=True), st.sampled_from((0.0, 60.0))),
}
"""Memory that each engine may hold."""

SCHEDULES = st.sampled_from(
    (
        (PartialRung(1.0, 0.1), PartialRung(1.5, 0.2), PartialRung(2.0, 0.7)),
        (PartialRung(2.0, 0.5), PartialRung(3.0, 0.25), PartialRung(4.0, math.inf)),
    )
)
PROGRESS = st.builds(Progress, st.integers(0, 3), st.booleans())

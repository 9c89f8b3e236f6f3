"""Hypothesis generators of `simulate` cases, aimed at the boundaries of `hand_span`.

Everything is drawn in whole ticks and exact rationals and written out as decimals at the end, so that a price
can lie exactly at `n` spans, one tick beside it, exactly at breakeven, or exactly at a stop.
"""

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.oracle import exact, steps_of
from tests.properties.markets import LARGEST_PRICE, POWERS, Market, Options, markets, one_of, options, written

HOUR = 3600
MILLISECOND = Fraction(1, 1000)
LARGEST_PERCENT = 1000
OPENED = one_of("0 1700000000 0.1 1700000000.123")
NUDGES = st.sampled_from((-1, 0, 0, 0, 1))


@st.composite
def prices(draw: st.DrawFn, market: Market, chosen: Options, scale: Fraction, spans: int) -> Fraction:
    """Draw a price in ticks, ahead of the `spans` reached, beside breakeven, or back at a level."""
    entry, span = market.entry, market.side * market.risk * scale
    where = draw(st.sampled_from(("ahead", "ahead", "beside", "back")))
    if where == "ahead":
        target = entry + (spans + draw(st.sampled_from((0, 1, 1, 2, 3, 4, 9, 10**6)))) * span
    elif where == "beside":
        breakeven = entry * (1 + market.side * chosen.costs / 100)
        target = draw(st.sampled_from((breakeven, breakeven, entry + (spans + Fraction(1, 2)) * span, entry)))
    else:
        lag = draw(st.sampled_from((Fraction(1), chosen.lag, Fraction(1, 2))))
        target = draw(st.sampled_from((entry + (spans - lag) * span, market.first_stop)))
    highest = 4 * LARGEST_PRICE // market.tick_size
    return Fraction(min(max(1, round(target) + draw(NUDGES)), highest))


@st.composite
def atrs(draw: st.DrawFn, first: Fraction | None) -> Fraction | None:
    """Draw no ATR, or one that is a handy part of the first, a hair beside it, or anything."""
    if first is None:
        digits = draw(st.integers(0, 8))
        handy = st.integers(1, 10**4).map(lambda count: Fraction(count, 10**digits))
        return draw(handy) if draw(st.integers(0, 3)) else None
    part = draw(one_of("2 1 0.75 0.56 0.55 0.5 0.28 0.25 0.14 0.07 0.001"))
    hair = draw(one_of("0 0 0 1e-6 -1e-6"))
    anything = st.integers(1, 10**14).map(lambda count: Fraction(count, 10**10))
    return draw(st.one_of(st.just(first * part * (1 + hair)), st.none(), anything))


@st.composite
def times(draw: st.DrawFn, before: Fraction, opened: Fraction, chosen: Options) -> Fraction:
    """Draw the time of the next tick: soon, at the gate's interval, or at the hour of tightening."""
    target = before + draw(one_of("0 0.001 0.2 1 59.999 60 3600 100000"))
    if chosen.after_hours is not None and draw(st.integers(0, 3)) == 0:
        beside = draw(st.sampled_from((-1, 0, 0, 1)))
        target = opened + chosen.after_hours * HOUR + beside * MILLISECOND
    return max(before, target)


@st.composite
def gates(draw: st.DrawFn, case: dict[str, Any]) -> dict[str, float]:
    """Draw the gate: handy bounds, or exactly those of a move that the case would make without a gate."""
    path = [(case["opened_at"], case["initial_stop"])]
    path += [(step["t"], step["stop"]) for step in steps_of(case) if step["action"] == "move"]
    (before, old), (after, new) = draw(st.sampled_from(list(pairwise(path)))) if len(path) > 1 else (path[0],) * 2
    rested, gained = exact(after) - exact(before), abs(exact(new) - exact(old)) / exact(old) * 100
    percent, far = min(round(gained, 9), Fraction(LARGEST_PERCENT)), Fraction(LARGEST_PERCENT)
    interval, improvement, emergency = draw(
        st.one_of(
            st.tuples(st.sampled_from((Fraction(0), rested)), st.just(percent), st.just(far)),
            st.tuples(st.just(rested + MILLISECOND), one_of("0 1000"), st.just(percent)),
            st.tuples(st.sampled_from((rested, rested + MILLISECOND)), one_of("0 0.1"), one_of("1 5 1000")),
            st.tuples(one_of("0 0.2 60 59.999"), one_of("0 0.1 1"), one_of("0.1 1 5")),
        )
    )
    return {
        "min_interval_s": written(interval),
        "min_improvement_percent": written(improvement),
        "emergency_percent": written(emergency),
    }


@st.composite
def cases(draw: st.DrawFn, *, aside: str = "0", on_exchange: bool | None = None) -> dict[str, Any]:
    """Draw a case; the entry lies `aside` of the grid, in ticks, and prices always lie on it."""
    market, (chosen, block) = draw(markets(aside=aside)), draw(options())
    opened = draw(OPENED)
    time, spans, first, scale = opened, 0, None, Fraction(1)
    ticks: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 10))):
        time = draw(times(time, opened, chosen))
        tick: dict[str, Any] = {"t": written(time)}
        atr = None if chosen.min_scale is None else draw(atrs(first))
        if atr is not None and chosen.min_scale is not None:
            first = first or atr
            scale = min(max(atr / first, chosen.min_scale), Fraction(1))
            tick["atr"] = written(atr)
        price = draw(prices(market, chosen, scale, spans))
        spans = max(spans, int(market.side * (price - market.entry) / (market.risk * scale)))
        ticks.append({**tick, "price": market.price(price)})
    if draw(st.integers(0, 19)) == 0:
        ticks[-1]["council"] = "sell"
    outside = draw(one_of("0 0 0.4 0.9"))
    case = {
        "side": "long" if market.side > 0 else "short",
        "entry": market.price(market.entry),
        "initial_stop": market.price(market.first_stop - market.side * outside),
        "tick_size": written(market.tick_size),
        "opened_at": written(opened),
        "on_exchange": False,
        "settings": block,
        "ticks": ticks,
    }
    if draw(st.booleans()) if on_exchange is None else on_exchange:
        case |= {"on_exchange": True, "settings": {**block, "gate": draw(gates(case))}}
    return case


@st.composite
def hairs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a case where the profit misses or passes one whole span by as little as decimals can say."""
    digits = draw(st.integers(2, 14))
    first = draw(st.integers(10 ** (digits - 1), 10**digits - 1))
    last = draw(st.integers(first // 2 + 1, first - 1).filter(lambda number: math.gcd(number, first) == 1))
    beside = draw(st.sampled_from((-1, 1)))
    risk = -beside * pow(last, -1, first) % first
    gain = (risk * last + beside) // first  # gain / (risk * last / first) is one, a hair beside
    side = draw(st.sampled_from((1, -1)))
    entry = max(risk, gain) + draw(st.integers(1, 99))
    return hair_case(Market(side, POWERS[8], Fraction(entry), Fraction(risk)), gain, first, last)


def hair_case(market: Market, gain: int, first: int, last: int) -> dict[str, Any]:
    """Return the case where the ATR falls from `first` to `last` and the price gains `gain` ticks."""
    engine = {"name": "hand_span", "fee_percent": 0, "slippage_percent": 0, "adaptive": {"min_scale": 0.1}}
    return {
        "side": "long" if market.side > 0 else "short",
        "entry": market.price(market.entry),
        "initial_stop": market.price(market.first_stop),
        "tick_size": written(market.tick_size),
        "settings": {"engines": [engine], "partials": []},
        "ticks": [
            {"t": 1, "price": market.price(market.entry), "atr": first},
            {"t": 2, "price": market.price(market.entry + market.side * gain), "atr": last},
        ],
    }

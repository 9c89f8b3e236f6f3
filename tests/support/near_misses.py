"""Cases that miss or pass a whole span by the smallest decimal difference."""

import math
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.support.markets import POWERS, Market, written


@st.composite
def hairs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a case whose profit misses or passes one whole span by the smallest decimal difference."""
    digits = draw(st.integers(2, 14))
    first = draw(st.integers(10 ** (digits - 1), 10**digits - 1))
    last = draw(st.integers(first // 2 + 1, first - 1).filter(lambda number: math.gcd(number, first) == 1))
    beside = draw(st.sampled_from((-1, 1)))
    risk = -beside * pow(last, -1, first) % first
    gain = (risk * last + beside) // first  # gain / (risk * last / first) is just beside 1
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

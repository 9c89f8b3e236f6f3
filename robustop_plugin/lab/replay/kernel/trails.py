"""Trails that follow the market through many candles, decided on once: where the tightest of them was offered.

A trail behind the best price, or behind it in ATRs, offers something at nearly every candle, and the stop keeps the
tightest. While no price comes near it, nobody has to know it to the last digit: it is followed in floats, and what it
is exactly is asked of the engines at the one candle that counts. Whatever floats cannot tell apart is decided on.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, tighter
from robustop_plugin.engines.atr_guard import atr_guard
from robustop_plugin.engines.smart_trail import SmartTrailMemory, smart_trail
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, Tick, observed, tightest, view_of

SAFE = 1e-9
"""Relative: far above what rounding does to a float, far below a tick."""

ROUNDED = 1.5
"""In ticks: more than rounding towards the market adds to a level."""

NOT_TIGHTER, TIGHTER, UNCERTAIN = 0, 1, 2
"""What an offer is beside the tightest before it."""


class Trails(NamedTuple):
    """How far behind the best price a stop follows; infinite for a trail that does not.

    Attributes:
        share: of the best price, as `smart_trail` has it.
        atrs: ATRs, as `atr_guard` has it.
    """

    share: float
    atrs: float


def follows(trails: Trails) -> bool:
    """Return whether there is any trail."""
    return not (math.isinf(trails.share) and math.isinf(trails.atrs))


def trail_offer(place: Position, trails: Trails, best: float, new: bool, atr: float) -> float:
    """Return the tightest level that trails offer, up to rounding; infinitely loose for none, NaN if unclear.

    Args:
        place: the position.
        trails: that follow.
        best: the best price.
        new: it is: nothing else changes what a share of it is.
        atr: that is known.
    """
    side, entry = place.side, place.entry
    offer = -side * math.inf
    if new and not math.isinf(trails.share):
        offer = best * (1 - side * trails.share)
    if not math.isinf(trails.atrs):
        price = best - side * trails.atrs * atr
        if not abs(price - entry) > SAFE * entry:
            return math.nan
        if tighter(side, price, entry):
            offer = better(side, offer, price)
    return offer


def compare_offer(place: Position, offer: float, best: float, level: float) -> int:
    """Return whether an offer is tighter than a level, and cleared by the best price beyond doubt."""
    side, safe = place.side, SAFE * place.entry
    if math.isinf(offer) or side * (offer - level) < -safe:
        return int(NOT_TIGHTER)
    clear = side * (offer - level) > safe and side * (best - offer) > near_of(place)
    return int(TIGHTER) if clear else int(UNCERTAIN)


def near_of(place: Position) -> float:
    """Return how near, in price, an offer that is rounded may come to what it is compared with."""
    return ROUNDED * place.tick_size + SAFE * place.entry


def out_of_reach(place: Position, price: float, offer: float) -> bool:
    """Return whether a price does not come near the level that an offer is rounded to."""
    return place.side * (price - offer) > near_of(place)


def apply_last_trail(place: Position, look: Tick, state: Memory, choice: EngineSet) -> Memory:
    """Return the state after the look at which the tightest trail was offered, with the stop there.

    Args:
        place: the position.
        look: its price is the best one so far.
        state: from before the candles that were passed over.
        choice: the engines.
    """
    state = observed(place, look, state)
    view, smart = view_of(place, look, state), state.smart
    level = state.level
    if choice.smart and smart.active:
        smart = SmartTrailMemory(True, better(place.side, smart.best, look.price), smart.protected)
        level = tightest(place, state.best, level, smart_trail(view, smart, choice.smart_options).trail)
    if choice.guard and state.guard.armed:
        level = tightest(place, state.best, level, atr_guard(view, state.guard, choice.guard_options).trail)
    stop = better(place.side, state.stop, level)
    return Memory(stop, state.best, level, state.atr, state.atr_at_entry, smart, state.guard)

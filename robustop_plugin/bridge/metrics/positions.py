"""Computes on scrape what the open positions are like, from what the bot's loop has noted. It asks no database."""

import math
from collections.abc import Callable, Iterable

from robustop_plugin.bridge.state.last_checks import LookNoted
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import tighter
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.metrics.catalogue import DISTANCES, SHADOWED, UNMANAGED, Labels

LOOPS_TO_MISS = 3
"""After this many loops without a look at a position, nobody checks its stop where the bot has to."""
PROFITABLE = 1.0
"""In R: from here on a stop should have left the losing side of the entry."""

Samples = dict[str, dict[Labels, float]]


def gauges_of_positions(
    records: Iterable[tuple[int, LiveTrade]], loop: int, now: float, moves_stops: Callable[[str | None], bool]
) -> Samples:
    """Return all metrics of positions that are not 0.

    Args:
        records: The records of all open trades; of those that the bot has not looked at, none is a position yet.
        loop: Number of the bot's loop.
        now: In seconds of a steady clock.
        moves_stops: Returns True for a pair whose engines move stops.
    """
    samples: Samples = {}

    def add(name: str, *labels: str) -> None:
        of_metric = samples.setdefault(name, {})
        of_metric[labels] = of_metric.get(labels, 0.0) + 1

    oldest, distances = 0.0, []
    for _, record in records:
        look, state = record.look, record.state
        if look is None:
            continue
        add("robustop_open_positions", _phase(record, state))
        oldest = max(oldest, now - look.seen_at)
        if record.is_shadowed:
            continue
        if is_unprotected(look, loop):
            add("robustop_unprotected_positions")
        if state is None:
            continue
        if state.position.side * (state.memory.stop - state.position.initial_stop) > 0:
            add("robustop_activated_positions")
        if moves_stops(state.pair) and is_exposed(look, state):
            add("robustop_profitable_positions_stop_below_entry")
        distance = distance_in_r(look, state)
        if distance is not None:
            distances.append(distance)
            add("robustop_positions_by_stop_distance", bound_of(distance))
    samples["robustop_oldest_look_age_seconds"] = {(): oldest}
    samples["robustop_smallest_stop_distance_r"] = {(): min(distances, default=0.0)}
    return samples


def _phase(record: LiveTrade, state: TradeState | None) -> str:
    if record.is_shadowed:
        return SHADOWED
    return UNMANAGED if state is None else state.memory.phase.name


def is_unprotected(look: LookNoted, loop: int) -> bool:
    """Return True if nothing protects a position: no order that should rest, or a bot that does not look at it."""
    if look.rests is not None:
        return not look.rests
    return not is_price(look.stop) or loop - look.loop >= LOOPS_TO_MISS


def risk_of(state: TradeState) -> float:
    """Return `R` of a trade, in price."""
    position = state.position
    measured_from = position.entry if position.risk_entry is None else position.risk_entry
    return abs(measured_from - position.initial_stop)


def is_exposed(look: LookNoted, state: TradeState) -> bool:
    """Return True if a position has a profit of more than 1 R, and its stop is on the losing side of its entry."""
    side, entry = state.position.side, state.position.entry
    profit = side * (look.price - entry) / risk_of(state)
    return profit > PROFITABLE and look.stop is not None and tighter(side, entry, look.stop)


def distance_in_r(look: LookNoted, state: TradeState) -> float | None:
    """Return the distance from the last price to the stop, in R; None if it is unknown."""
    if look.stop is None:
        return None
    distance = state.position.side * (look.price - look.stop) / risk_of(state)
    return distance if math.isfinite(distance) else None


def bound_of(distance: float) -> str:
    """Return the smallest bound that a distance does not exceed."""
    return next((f"{bound:g}" for bound in DISTANCES if distance <= bound), "+Inf")

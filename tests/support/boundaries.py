"""Boundary values for the next tick of a scenario: prices, times, ATRs and momenta at which something changes."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.oracle import Seen, Story
from tests.oracle.atr_guard import AtrGuard
from tests.oracle.bracket import Bracket
from tests.oracle.hand_span import HandSpan
from tests.oracle.life import Engine, History, Position, atrs
from tests.oracle.r_ladder import Ladder
from tests.oracle.smart_trail import SmartTrail

HALF = Fraction(1, 2)


def next_history(story: Story, seen: Seen) -> list[Seen]:
    """Return the history with a next tick that lacks only its price; the entry price leaves the best unchanged."""
    return [*story.history, seen._replace(price=story.life.position.entry)]


def hand_span(engine: HandSpan, position: Position, history: History, _: Fraction) -> list[Fraction]:
    """Return prices at whole and half spans ahead, and at the levels that follow."""
    span, whole = engine.span(position, history), engine.spans(position, history) // 1
    steps = (whole, whole + 1, whole + 1, whole + 2, whole + 3, whole + 9, whole + HALF, whole - 1)
    return [position.ahead(step * span) for step in (*steps, whole - engine.late_lag)]


def smart_trail(engine: SmartTrail, position: Position, history: History, stop: Fraction) -> list[Fraction]:
    """Return where it activates, where breakeven starts, and where the trail meets the stop or the entry."""
    profits = (engine.activation, engine.activation, engine.min_profit, engine.breakeven_at)
    aims = [position.breakeven(profit) for profit in profits if profit is not None]
    for distance in (engine.distance, engine.distance * engine.factor):
        share = 1 - position.side * distance / 100
        if share > 0:
            aims += [stop / share, position.entry / share, position.breakeven(engine.costs) / share]
            aims += [own * share for own in [engine.own_best(position, history)] if own is not None]
    return aims


def atr_guard(engine: AtrGuard, position: Position, history: History, stop: Fraction) -> list[Fraction]:
    """Return where it arms, and where the trail meets the entry or the stop."""
    known = atrs(history)
    if not known:
        return []
    distance = engine.trail_atr * known[-1]
    arming = position.ahead(engine.arming(history))
    return [arming, arming, position.ahead(distance), stop + position.side * distance, engine.trail(position, history)]


def r_ladder(engine: Ladder, position: Position, history: History, stop: Fraction) -> list[Fraction]:
    """Return the rungs not yet reached, and where the trail meets the stop."""
    reached = engine.reached(position, history)
    aims = [position.ahead(rung.at * position.risk) for rung in engine.rungs[len(reached) :]]
    distances = [rung.distance for rung in reached[-1:] if rung.distance is not None]
    return aims + [stop + position.side * distance * position.risk for distance in distances]


def bracket(engine: Bracket, position: Position, history: History, _: Fraction) -> list[Fraction]:
    """Return the target, and the price halfway to it."""
    target = engine.target(position, history)
    return [target, (target + position.entry) / 2]


AIMS: dict[type[Engine], Callable[[Any, Position, History, Fraction], list[Fraction]]] = {
    HandSpan: hand_span,
    SmartTrail: smart_trail,
    AtrGuard: atr_guard,
    Ladder: r_ladder,
    Bracket: bracket,
}


def prices(story: Story, seen: Seen) -> list[Fraction]:
    """Return the prices at which something changes on the next tick."""
    position, history, stop = story.life.position, next_history(story, seen), story.stops[-1].price
    aims = [position.entry, position.best(history), position.ahead(position.risk * HALF)]
    for engine in story.life.engines:
        aims += AIMS[type(engine)](engine, position, history, stop)
        aims += [offer.price for offer in engine.offers(position, history)]
        aims += [offer.price for offer in engine.virtual(position, history)]
    aims += [position.ahead(rung.at * position.risk) for rung in story.life.rungs[story.taken :][:3]]
    levels = [story.desired, story.tightest(story.virtual)]
    return [*aims, stop, *(level.price for level in levels if level is not None)]


def ends(story: Story, seen: Seen) -> tuple[Fraction, Fraction | None]:
    """Return the prices that end the scenario on the next tick: the tightest level so far, and a target."""
    position, desired = story.life.position, story.desired
    stops = [story.stops[-1].price, *([] if desired is None else [desired.price])]
    targets = [engine.target(position, next_history(story, seen)) for engine in story.life.engines]
    low = max(stops, key=lambda price: position.side * price)
    return low, next((target for target in targets if target is not None), None)


def is_old(story: Story, seen: Seen) -> bool:
    """Return whether the time stop ends the scenario on the next tick."""
    return story.life.time_stop is not None and story.life.position.age(seen) >= story.life.time_stop


def is_over(story: Story, seen: Seen, price: Fraction) -> bool:
    """Return whether a price or the time stop ends the scenario."""
    low, high = ends(story, seen)
    paid = high is not None and story.life.position.gain(price, high) >= 0
    return paid or story.beyond(price, low) or is_old(story, seen)


def times(story: Story) -> list[Fraction]:
    """Return the times at which something changes."""
    bounds = [getattr(engine, "after", None) for engine in story.life.engines]
    opened = story.life.position.opened_at
    return [opened + bound for bound in (*bounds, story.life.time_stop) if bound is not None]


def known_atrs(story: Story) -> list[Fraction]:
    """Return the ATRs at which the guard arms at the best price, or at which its trail meets the entry."""
    position = story.life.position
    gain = position.gain(position.best(story.history), position.entry)
    guards = [engine for engine in story.life.engines if isinstance(engine, AtrGuard)]
    return [gain / factor for guard in guards for factor in (guard.breakeven_atr, guard.trail_atr) if gain > 0]


def momenta(story: Story) -> list[Fraction]:
    """Return the momenta that are exactly at a threshold."""
    bounds = [engine.momentum for engine in story.life.engines if isinstance(engine, SmartTrail)]
    return [story.life.position.side * bound for bound in bounds if bound is not None]

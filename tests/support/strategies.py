"""Hypothesis generators of `simulate` cases, aimed at the boundaries of every engine.

Everything is drawn in whole ticks and exact rationals and written out as decimals at the end, so that a price
can lie exactly at `n` spans, one tick beside it, exactly at breakeven, or exactly at a stop. Each tick is aimed at
the next change in the scenario, which the oracle computes.
"""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.oracle import Seen, Story, born, exact, live, steps_of
from tests.support import boundaries
from tests.support.blocks import ENGINES, PAIR, PLAIN, Block, blocks, of_its_own
from tests.support.markets import LARGEST_PRICE, markets, one_of, written

MILLISECOND = Fraction(1, 1000)
HAIR = Fraction(1, 10**6)
LARGEST_PERCENT = 1000
OPENED = one_of("0 1700000000 0.1 1700000000.123")
NUDGES = st.sampled_from((-1, 0, 0, 0, 1))
ASIDE = "0 0 0 0.5 0.25 0.6 0.9"
LENGTHS = st.sampled_from((8, 12, 11, 10, 9, 7, 6, 5, 4, 3, 1))  # the first is drawn more often than the others
SPANS = st.sampled_from((1, 1, 2, 3, 10**6))
SIXTH, HAIRS = st.integers(0, 5), st.sampled_from((-1, 0, 0, 1))
ANY_ATR = st.integers(1, 10**14).map(lambda count: Fraction(count, 10**10))
ANY_MOMENTUM = st.integers(-1000, 1000).map(lambda count: Fraction(count, 100))
SELLS = st.sampled_from(("sell", True))
FEW, OFTEN = st.integers(0, 29).map(lambda draw: draw == 13), st.integers(0, 3).map(lambda draw: draw != 3)


@st.composite
def prices(draw: st.DrawFn, story: Story, seen: Seen) -> Fraction:
    """Draw a price on the grid: at a boundary, one tick beside it, or further ahead.

    Few are aimed at prices that end a scenario; otherwise the scenarios would be short.
    """
    position = story.life.position
    last = story.history[-1].price if story.history else position.entry
    targets = sorted(boundaries.prices(story, seen), key=lambda price: position.gain(price, last))
    low, high = boundaries.ends(story, seen)
    ends = [price for price in targets if position.gain(price, low) <= 0 or (high and position.gain(price, high) >= 0)]
    rest = [price for price in targets if price not in ends] or ends
    ahead = [price for price in rest if position.gain(price, last) > 0] or rest
    behind = [price for price in rest if position.gain(price, last) <= 0] or rest
    further = [last + position.side * draw(SPANS) * position.risk, last + position.side * position.tick_size]
    places = [ahead[:3], ahead[:3], ahead[:3], ahead, behind, behind, behind, further]
    if story.history:  # a scenario that is over anyway may be over for two reasons
        places += [ends] * (8 if boundaries.is_old(story, seen) else 1)
    place = draw(st.sampled_from(places))
    ticks = round(draw(st.sampled_from(place)) / position.tick_size) + draw(NUDGES)
    return min(max(1, ticks), 4 * LARGEST_PRICE // position.tick_size) * position.tick_size


@st.composite
def atrs(draw: st.DrawFn, story: Story) -> Fraction | None:
    """Draw no ATR, or a round fraction of the first, a value just beside it, a threshold, or any value."""
    known, position = boundaries.atrs(story.history), story.life.position
    if not known:
        digits = draw(st.integers(0, 8))
        handy = st.integers(1, 10**4).map(lambda count: Fraction(count, 10**digits))
        part = one_of("0.1 0.25 0.5 0.5 1 1 2").map(lambda part: max(1, part * position.risk // position.tick_size))
        return draw(handy | part.map(lambda ticks: ticks * position.tick_size)) if draw(OFTEN) else None
    part = draw(one_of("2 1 0.75 0.56 0.55 0.5 0.28 0.25 0.14 0.07 0.001"))
    hair = draw(one_of("0 0 0 1e-6 -1e-6"))
    enough = st.sampled_from(boundaries.known_atrs(story) or known)
    return draw(st.one_of(st.just(known[0] * part * (1 + hair)), st.none(), enough, ANY_ATR))


@st.composite
def times(draw: st.DrawFn, story: Story) -> Fraction:
    """Draw the time of the next tick: soon, at the gate's interval, or at an age threshold."""
    before = story.history[-1].t if story.history else story.life.position.opened_at
    targets = boundaries.times(story)
    if targets and draw(SIXTH) == 3:
        return max(before, draw(st.sampled_from(targets)) + draw(HAIRS) * MILLISECOND)
    return before + draw(one_of("60 60 60 61 100 1 20 30 1 59.999 0 0 0.001 0.2 600 3600 100000"))


@st.composite
def momenta(draw: st.DrawFn, story: Story) -> Fraction | None:
    """Draw no momentum, or one at a threshold, just beside it, of the wrong sign, or any value."""
    enough = st.sampled_from(boundaries.momenta(story) or [Fraction(0)])
    beside = st.builds(lambda bound, hair: bound + hair * HAIR, enough, HAIRS)
    return draw(st.one_of(beside, beside, st.none(), enough.map(lambda bound: -bound), ANY_MOMENTUM))


@st.composite
def gates(draw: st.DrawFn, case: dict[str, Any]) -> dict[str, float]:
    """Draw the gate: round bounds, or exactly the size of a move that the case would make without a gate."""
    path = [(case["opened_at"], float(born(case).stops[0].price))]
    path += [(step["t"], step["stop"]) for step in steps_of(case) if step["rule"] and step["action"] != "exit"]
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
def ticks_of(draw: st.DrawFn, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the ticks of a case; sometimes with a tick after an exit, which must not be processed."""
    story, ticks = born(case), []
    engines = {engine["name"]: engine for engine in case["settings"]["engines"]}
    by_atr = "adaptive" in engines.get("hand_span", {}) or bool({"atr_guard", "bracket"} & set(engines))
    by_momentum = "momentum_percent" in engines.get("smart_trail", {})
    for _ in range(draw(LENGTHS)):
        atr = draw(atrs(story)) if by_atr else None
        momentum = draw(momenta(story)) if by_momentum else None
        seen = Seen(draw(times(story)), story.life.position.entry, atr, momentum, council=False)
        price = draw(prices(story, seen))
        council = draw(st.booleans() if boundaries.is_over(story, seen, price) else FEW)
        given = {"t": seen.t, "price": price, "atr": atr, "momentum": momentum}
        tick: dict[str, Any] = {key: written(value) for key, value in given.items() if value is not None}
        if council:
            tick["council"] = draw(SELLS)
        ticks.append(tick)
        if live(story, tick)["action"] == "exit":
            break
    return ticks + [{**tick, "price": case["entry"]} for tick in ticks[-1:] if draw(FEW)]


@st.composite
def lives(
    draw: st.DrawFn, engines: list[st.SearchStrategy[Block]], aside: str, on_exchange: bool | None, *, plain: bool
) -> dict[str, Any]:
    """Draw a case with these engines; a `plain` case only moves stops."""
    market, block = draw(markets(aside=aside)), draw(blocks(engines, plain=plain))
    case = {
        "side": "long" if market.side > 0 else "short",
        "entry": market.price(market.entry),
        "initial_stop": market.price(market.first_stop - market.side * draw(one_of("0 0 0.4 0.9"))),
        "tick_size": written(market.tick_size),
        "opened_at": written(draw(OPENED)),
        "on_exchange": False,
        "settings": block,
    }
    if not plain:
        case |= {
            "pair": draw(st.sampled_from((None, PAIR, "LMN/USDT"))),
            "regime": draw(st.sampled_from((None, "trending", "ranging", "volatile"))),
            "atr_mean": draw(st.none() | one_of("0.5 1 1.5 2 3.7").map(lambda part: market.price(part * market.risk))),
        }
    case["ticks"] = draw(ticks_of(case))
    if draw(st.booleans()) if on_exchange is None else on_exchange:
        case |= {"on_exchange": True, "settings": block | {"gate": draw(gates(case))}}
    if case.get("pair") == PAIR and draw(st.booleans()):
        case["settings"] = draw(of_its_own(case["settings"]))
    return case


def cases(*, aside: str = "0", on_exchange: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a plain case of `hand_span`; the entry lies `aside` of the grid, in ticks, and prices always lie on it."""
    return lives([PLAIN], aside, on_exchange, plain=True)


def cases_of(name: str, *, aside: str = ASIDE, on_exchange: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a case of one engine, with partial exits, a time stop, pair settings and everything else a case may hold."""
    return lives([ENGINES[name]], aside, on_exchange, plain=False)


def composed(*, aside: str = ASIDE, on_exchange: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a case of two to five engines in any order."""
    chosen = st.lists(st.sampled_from(sorted(ENGINES)), min_size=2, unique=True)
    return chosen.flatmap(lambda names: lives([ENGINES[name] for name in names], aside, on_exchange, plain=False))

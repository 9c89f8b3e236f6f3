"""Figures of a rehearsal: how long a position was held beyond its stop, and how long without one."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple, TypeVar

from robustop_plugin.rehearsal.facts import (
    BotUp,
    ExitRests,
    Fact,
    Fill,
    Loop,
    Record,
    Refusing,
    StopSeen,
    Tick,
)

LOOP = 1.0
"""Seconds of a loop on a machine that is fast enough."""
LEAST = 1e-9
"""What counts as nothing of a pair whose smallest quantity is unknown."""
HAIR = 1e-6
"""Share of a lot by which a sum of floats may be off."""

F = TypeVar("F", bound=Fact)


class Interval(NamedTuple):
    """A span of time, in seconds since the start."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.begin


class State(NamedTuple):
    """What was true of a pair after a fact.

    Attributes:
        held: the signed quantity, less fees in the base currency.
        price: the last price; None before the first.
        stop: the stop in force; None before the first.
        up: True if the bot runs.
        refused: True while the exchange refuses every order of the pair.
        exit_rests: True while a limit order that closes it rests on the exchange.
    """

    held: float = 0.0
    price: float | None = None
    stop: float | None = None
    up: bool = False
    refused: bool = False
    exit_rests: bool = False


def facts_of(record: Record, kind: type[F]) -> list[F]:
    """Return the facts of a kind, in order of time."""
    return [fact for fact in record.facts if isinstance(fact, kind)]


def pairs_of(record: Record) -> list[str]:
    """Return the pairs that were traded, in order of their first fill."""
    return list(dict.fromkeys(fill.pair for fill in facts_of(record, Fill)))


def exposed(record: Record, pair: str) -> list[Interval]:
    """Return when a position was held with the price at or beyond its stop."""
    return held_while(record, pair, lambda state: is_beyond(state, record.sign))


def unprotected(record: Record, pair: str) -> list[Interval]:
    """Return when a position was held that nothing could end.

    A stop in the bot protects while the bot runs, one on the exchange while its order rests.
    """
    if record.stop_on_exchange:
        return [Interval(span.begin, span.end) for span in record.uncovered if span.pair == pair]
    return held_while(record, pair, lambda state: not state.up)


def longest(intervals: Sequence[Interval]) -> float:
    """Return the length of the longest interval, in seconds; 0 without any."""
    return max((interval.seconds for interval in intervals), default=0.0)


def most_loops(record: Record, intervals: Sequence[Interval]) -> int:
    """Return the most loops that the bot completed within one of the intervals."""
    times = [loop.time for loop in facts_of(record, Loop)]
    counts = [sum(interval.begin < time < interval.end for time in times) for interval in intervals]
    return max(counts, default=0)


def pace(record: Record) -> float:
    """Return how long a loop of the bot takes, in seconds: the median, and at least what its configuration says."""
    times = [loop.time for loop in facts_of(record, Loop)]
    return max([LOOP, *([median(after - before for before, after in pairwise(times))] if len(times) > 1 else [])])


def result(record: Record, pair: str) -> float:
    """Return what was won or lost with a pair, after fees, a position that is still open at the last price."""
    cash, price, base = 0.0, 0.0, pair.split("/", maxsplit=1)[0]
    for fact in record.facts:
        if isinstance(fact, Fill) and fact.pair == pair:
            cash -= fact.sign * fact.quantity * fact.price + (0.0 if fact.fee_currency == base else fact.fee)
        if isinstance(fact, Fill | Tick) and fact.pair == pair:
            price = fact.price
    held = [state.held for _, state in states(record, pair)]
    return cash + (held[-1] * price if held else 0.0)


def worst_fill(record: Record, pair: str) -> float | None:
    """Return by how much percent an exit beyond the stop was worse than the first price there; None without one."""
    worst = None
    for interval in exposed(record, pair):
        first = _price_at(record, pair, interval.begin)
        for fill in facts_of(record, Fill):
            inside = interval.begin <= fill.time <= interval.end
            if fill.pair == pair and fill.sign == -record.sign and inside and not fill.by_hand and first:
                worse = record.sign * (first - fill.price) / first * 100
                worst = worse if worst is None else max(worst, worse)
    return worst


def is_dust(record: Record, pair: str, quantity: float) -> bool:
    """Return True if a quantity is too small to be sold."""
    return abs(quantity) < record.lots.get(pair, LEAST) * (1 - HAIR)


def states(record: Record, pair: str) -> Iterator[tuple[float, State]]:
    """Yield the states of a pair, each with the time at which it begins."""
    state = State()
    for fact in record.facts:
        state = _after(state, fact, pair)
        yield fact.time, state


def _after(state: State, fact: Fact, pair: str) -> State:
    """Return the state of a pair after a fact."""
    if isinstance(fact, BotUp):
        return state._replace(up=fact.up)
    if isinstance(fact, Refusing):
        return state._replace(refused=fact.refuses) if fact.pair in ("", pair) else state
    is_of_pair = isinstance(fact, Tick | Fill | StopSeen | ExitRests) and fact.pair == pair
    return state._replace(**_changes(state, fact)) if is_of_pair else state


def _changes(state: State, fact: Fact) -> dict[str, Any]:
    """Return what a fact of the pair changes."""
    if isinstance(fact, Tick):
        return {"price": fact.price}
    if isinstance(fact, ExitRests):
        return {"exit_rests": fact.rests}
    if isinstance(fact, Fill):
        fee = fact.fee if fact.fee_currency == fact.pair.split("/", maxsplit=1)[0] else 0.0
        return {"held": state.held + fact.sign * fact.quantity - fee}
    return {"stop": fact.stop} if isinstance(fact, StopSeen) else {}


def held_while(record: Record, pair: str, holds: Callable[[State], bool]) -> list[Interval]:
    """Return when a position was held and a condition was true, as intervals that do not touch."""
    found: list[Interval] = []
    known = [*states(record, pair), (record.end, State())]
    for (begin, state), (end, _) in pairwise(known):
        if is_dust(record, pair, state.held) or not holds(state):
            continue
        if found and found[-1].end == begin:
            found[-1] = Interval(found[-1].begin, end)
        elif end > begin:
            found.append(Interval(begin, end))
    return found


def is_beyond(state: State, sign: int) -> bool:
    """Return True if the price is at or beyond the stop."""
    return state.price is not None and state.stop is not None and sign * (state.price - state.stop) <= 0


def _price_at(record: Record, pair: str, time: float) -> float | None:
    before = [tick.price for tick in facts_of(record, Tick) if tick.pair == pair and tick.time <= time]
    return before[-1] if before else None

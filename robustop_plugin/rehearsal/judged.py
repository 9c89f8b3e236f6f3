"""The times that a verdict counts: those in which somebody could have acted.

While the exchange refuses every order, nobody can end a position. While no bot runs, only a stop order on the exchange
can: such an order sells as soon as its price is passed, and whether it was there is judged by itself. What rests on
spot to close a position holds its coins, which no stop order can hold too: a running bot then checks the stop instead.
"""

from collections.abc import Iterator, Sequence

from robustop_plugin.rehearsal.facts import Record
from robustop_plugin.rehearsal.figures import Interval, held_while, is_beyond, unprotected


def judged_exposed(record: Record, pair: str) -> list[Interval]:
    """Return when a position was held beyond its stop while a bot ran and the exchange took its orders."""
    return held_while(record, pair, lambda state: is_beyond(state, record.sign) and state.up and not state.refused)


def judged_unprotected(record: Record, pair: str) -> list[Interval]:
    """Return when a position was held that nothing could end, though the exchange took orders.

    A bot that runs protects a position whose exit rests.
    """
    excused = held_while(record, pair, lambda state: state.refused or (state.exit_rests and state.up))
    return list(_without(unprotected(record, pair), excused))


def _without(intervals: Sequence[Interval], excused: Sequence[Interval]) -> Iterator[Interval]:
    """Yield what is left of intervals after others, in order of time, are taken out."""
    for begin, end in intervals:
        now = begin
        for out in excused:
            if now < out.begin < end:
                yield Interval(now, out.begin)
            if out.begin < end:
                now = max(now, out.end)
        if now < end:
            yield Interval(now, end)

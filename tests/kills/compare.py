"""Compares a life whose bot was killed with the same life without a kill.

What was lost with the process is seen at the exchange and in the trade database, while no bot runs. Where nothing was
lost, all has to be equal. The other kinds of kills say what is asserted instead: never less protected, never twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from tests.kills.life import LIFE, Variant
from tests.kills.play import Life
from tests.kills.sight import Entry, Sight

PUBLICATIONS = ("published", "unpublished")
"""Records of what came to rest on the exchange, whose order among the decisions depends on where a loop begins."""


class Lost(StrEnum):
    """What a kill has lost, and what is asserted instead of equality because of it.

    NOTHING: all is equal.
    FIRST_STATE: Freqtrade had the filled entry, robustop no state yet: the trade is adopted, with the same stop.
    GIVEN_STOP: the moved stop was stored, and not yet given to Freqtrade: an older stop may rest for a loop.
    REQUEST: a sale was noted before it was sent: it is asked for again, after a recorded wait if it was never sent.
    STOP: the answer to a stop order: it is found or replaced, one rests at the end of each step.
    SALE: the answer to a sale or exit: it is not made again. How Freqtrade names a lost exit is left to it.
    ENTRY: the answer to the entry: nothing is bought again, and the position is reported.
    """

    NOTHING = "nothing"
    FIRST_STATE = "first state"
    GIVEN_STOP = "given stop"
    REQUEST = "request"
    STOP = "stop order"
    SALE = "sale"
    ENTRY = "entry"


def lost_by(killed: Sight) -> Lost:
    """Return what a kill has lost."""
    if killed.fills and not killed.trades:
        return Lost.ENTRY
    if killed.unknown & {fill.order for fill in killed.fills}:
        return Lost.SALE
    if killed.unknown:
        return Lost.STOP
    if killed.fills and killed.state is None:
        return Lost.FIRST_STATE
    if killed.state is not None and killed.state.asked:
        return Lost.REQUEST
    behind = killed.state is not None and killed.trade is not None and killed.state.stop != killed.trade.stop
    return Lost.GIVEN_STOP if behind else Lost.NOTHING


class Compared(NamedTuple):
    """A life that is compared, and what was lost in it."""

    variant: Variant
    life: Life
    reference: Life
    lost: frozenset[Lost]


def compare(variant: Variant, life: Life, reference: Life) -> list[str]:
    """Return what is wrong with a life, one sentence each; empty if it has recovered."""
    compared = Compared(variant, life, reference, frozenset(map(lost_by, life.killed)))
    laws = OF_A_LOST_ENTRY if Lost.ENTRY in compared.lost else OF_A_TRADE
    return [finding for law in (*OF_EVERY_LIFE, *laws) for finding in law(compared)]


def _is_played(compared: Compared) -> Iterator[str]:
    if compared.life.missed is not None:
        yield compared.life.missed


def _stops_never_loosen(compared: Compared) -> Iterator[str]:
    yield from compared.life.looser


def _ledger_is_right(compared: Compared) -> Iterator[str]:
    yield from compared.life.problems


def _nothing_rests(compared: Compared) -> Iterator[str]:
    for end in compared.life.ends[-1:]:
        if end.resting and compared.life.missed is None:
            yield f"orders {sorted(end.resting)} are left on the exchange"


def _tokens_are_unique(compared: Compared) -> Iterator[str]:
    for token, count in Counter(entry.token for entry in compared.life.records).items():
        if count > 1:
            actions = [entry.action for entry in compared.life.records if entry.token == token]
            yield f"record {token} was written {count} times: {', '.join(actions)}"


def _fills_are_equal(compared: Compared) -> Iterator[str]:
    """Nothing is bought or sold twice, and nothing is left: side, price and quantity of every fill."""
    for end, expected in _ends(compared):
        yield from _different("fills", [fill[1:] for fill in end.fills], [fill[1:] for fill in expected.fills])
    if compared.life.held != compared.reference.held:
        yield f"{compared.life.held} coins are held at the end, not {compared.reference.held}"


def _states_are_equal(compared: Compared) -> Iterator[str]:
    for step, (end, expected) in zip(LIFE, _ends(compared), strict=False):
        yield from _different(f"{step.name}: the state", end.state, expected.state)


def _stops_are_equal(compared: Compared) -> Iterator[str]:
    """The stop in Freqtrade's database and on the exchange is the same at the end of each step."""
    for step, (end, expected) in zip(LIFE, _ends(compared), strict=False):
        for name, seen in (("the stop", _stop), ("the stops on the exchange", _prices)):
            yield from _different(f"{step.name}: {name}", seen(end), seen(expected))


def _stop(sight: Sight) -> Any:
    return None if sight.trade is None else sight.trade.stop


def _prices(sight: Sight) -> Any:
    return [stop.price for stop in sight.stops]


def _stop_orders_cover(compared: Compared) -> Iterator[str]:
    """What rests on the exchange covers as much; on perpetuals it may cover more, because it only reduces."""
    for step, (end, expected) in zip(LIFE, _ends(compared), strict=False):
        mine, theirs = (sum(stop.quantity for stop in sight.stops) for sight in (end, expected))
        less = mine < theirs if compared.variant.futures else mine != theirs
        if less:
            yield f"{step.name}: stop orders cover {mine} coins, not {theirs}"


def _trades_are_equal(compared: Compared) -> Iterator[str]:
    for end, expected in list(_ends(compared))[-1:]:
        for trade, other in zip(end.trades, expected.trades, strict=False):
            names = ["is_open", "entry", "stop"]
            if not _exit_is_lost(compared):  # Freqtrade counts, and names, what it finds on the exchange its own way
                names += ["amount", "reason"]
            for name in names:
                yield from _different(f"the trade's {name}", getattr(trade, name), getattr(other, name))
        if len(end.trades) != 1:
            yield f"there are {len(end.trades)} trades"


def _exit_is_lost(compared: Compared) -> bool:
    """Return True if the answer to the exit of the whole position was lost, which robustop leaves to Freqtrade."""
    sales = [killed for killed in compared.life.killed if lost_by(killed) == Lost.SALE]
    return any(killed.state is not None and not killed.state.asked for killed in sales)


def _records_are_equal(compared: Compared) -> Iterator[str]:
    """No decision is missing or recorded twice, in the same order, and each says the same."""
    mine, theirs = (_decisions(life.records, compared.lost) for life in (compared.life, compared.reference))
    yield from _different("the records", mine, theirs)
    numbers = sorted({entry.sequence for entry in compared.life.records})
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield f"numbers of records are missing: {numbers}"


def _decisions(entries: tuple[Entry, ...], lost: frozenset[Lost]) -> list[tuple[Any, ...]]:
    """Return what has to be equal of the records of decisions; what came to rest on the exchange has its own law."""
    decisions = [entry for entry in entries if entry.action not in PUBLICATIONS]
    if Lost.REQUEST in lost:
        decisions = [entry for entry in decisions if entry.action != "wait"]
    if Lost.FIRST_STATE in lost:
        # Freqtrade reports the fill before its candles are there, or not again.
        decisions = [entry for entry in decisions if not (entry.reason or "").startswith("the candles are there")]
        decisions = [entry._replace(action="initial") if entry.action == "adopted" else entry for entry in decisions]
    if lost & {Lost.REQUEST, Lost.SALE}:
        # Facts, phase and reason are those of the moment at which a sale was found.
        return [(entry.action, entry.old_stop, entry.new_stop, entry.engine, entry.rule) for entry in decisions]
    return [entry.what for entry in decisions]


def _publications_are_equal(compared: Compared) -> Iterator[str]:
    """The same stops came to rest on the exchange, one after the other; a looser one of Freqtrade's may come before."""
    mine, theirs = (_published(life.records) for life in (compared.life, compared.reference))
    if compared.lost & {Lost.GIVEN_STOP, Lost.FIRST_STATE} and mine != theirs:
        mine = [stop for stop in mine if stop in theirs]
    yield from _different("the stops that came to rest", mine, theirs)


def _published(entries: tuple[Entry, ...]) -> list[float | None]:
    stops = [entry.new_stop for entry in entries if entry.action == "published"]
    return [stop for place, stop in enumerate(stops) if place == 0 or stops[place - 1] != stop]


def _one_entry(compared: Compared) -> Iterator[str]:
    """A bot that does not know its position buys nothing more, sells nothing, and says so."""
    sides = [fill.side for fill in compared.life.ends[-1].fills] if compared.life.ends else []
    expected = ["BUY" if compared.variant.sign > 0 else "SELL"]
    yield from _different("sides of the fills", sides, expected)
    if compared.life.ends and compared.life.ends[-1].trades:
        yield "a trade was made of an unknown position"
    if "unexplained position" not in compared.life.log.read_text(encoding="utf-8", errors="replace"):
        yield "the position that nobody knows was not reported"


def _ends(compared: Compared) -> Iterator[tuple[Sight, Sight]]:
    yield from zip(compared.life.ends, compared.reference.ends, strict=False)


def _different(what: str, seen: Any, expected: Any) -> Iterator[str]:
    if seen == expected:
        return
    if isinstance(seen, list) and isinstance(expected, list):
        for place, (one, other) in enumerate(zip(seen, expected, strict=False)):
            if one != other:
                yield f"{what}: number {place + 1} was {one}, without the kill {other}"
                return
        rest = seen[len(expected) :] or expected[len(seen) :]
        yield f"{what}: {len(seen)} instead of {len(expected)}; the first beyond is {rest[0]}"
        return
    yield f"{what} was {seen}, without the kill {expected}"


Law = Callable[[Compared], Iterator[str]]
OF_EVERY_LIFE: tuple[Law, ...] = (
    _is_played,
    _stops_never_loosen,
    _ledger_is_right,
    _nothing_rests,
    _tokens_are_unique,
)
OF_A_TRADE: tuple[Law, ...] = (
    _fills_are_equal,
    _states_are_equal,
    _stops_are_equal,
    _stop_orders_cover,
    _trades_are_equal,
    _records_are_equal,
    _publications_are_equal,
)
OF_A_LOST_ENTRY: tuple[Law, ...] = (_one_entry,)

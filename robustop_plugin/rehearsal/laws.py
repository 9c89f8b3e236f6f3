"""What holds in every scenario: the bot knows its orders, sells each part once, loosens no stop; the ledger agrees."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import isclose

from robustop_plugin.rehearsal.facts import Fill, Record, StopSeen
from robustop_plugin.rehearsal.figures import facts_of, is_dust, pairs_of, states

Law = tuple[str, bool, str]
"""Name of the expectation, whether it was met, and what was seen."""

RUNG = re.compile(r"robustop_([\d.]+R|portion)")
"""Tags of parts that are sold once; exits of the whole position may take several orders."""
CENT = 1e-6
"""Tolerance of a sum of money, in the quote currency, and of a quantity, in the base currency."""


def laws(record: Record) -> Iterator[Law]:
    """Yield every law."""
    yield _known(record)
    yield _sold_once(record)
    yield _stop(record)
    yield _ledger(record)


def open_pairs(record: Record) -> list[str]:
    """Return the pairs with a position at the end, dust aside."""
    held = {pair: [state.held for _, state in states(record, pair)][-1] for pair in pairs_of(record)}
    return [pair for pair, quantity in held.items() if not is_dust(record, pair, quantity)]


def _known(record: Record) -> Law:
    """Every filled order is in the bot's database: what it does not know, it neither protects nor counts."""
    unknown = _unknown_orders(record)
    if not unknown:
        return "known", True, "the bot knows every order that was filled"
    entries = [order for order, (sign, _) in unknown.items() if sign == record.sign]
    what = "entered" if entries else "left"
    return "known", False, f"{what} without the bot knowing it: order {', '.join(sorted(unknown))}"


def _unknown_orders(record: Record) -> dict[str, tuple[int, float]]:
    """Return the sign and the quantity of each filled order that the bot does not know.

    A stop of futures is filled by an order of another number than its own: the bot knows it by its quantity.
    """
    filled: dict[str, tuple[int, float]] = {}
    for fill in facts_of(record, Fill):
        if not fill.by_hand:
            filled[fill.order] = (fill.sign, filled.get(fill.order, (0, 0.0))[1] + fill.quantity)
    numbers = {order.order for order in record.orders}
    unmatched = [order.filled for order in record.orders if not order.is_entry and order.order not in filled]
    unknown = {}
    for order, (sign, quantity) in filled.items():
        same = [known for known in unmatched if isclose(known, quantity)]
        if order in numbers:
            continue
        if sign != record.sign and same:
            unmatched.remove(same[0])
        else:
            unknown[order] = (sign, quantity)
    return unknown


def _sold_once(record: Record) -> Law:
    """No rung is sold twice, and no more is sold than was bought."""
    tags = Counter(
        (order.pair, order.tag)
        for order in record.orders
        if not order.is_entry and order.filled > 0 and RUNG.fullmatch(order.tag)
    )
    twice = sorted(f"{tag} of {pair}" for (pair, tag), count in tags.items() if count > 1)
    if twice:
        return "sold_once", False, f"sold more than once: {', '.join(twice)}"
    for pair in pairs_of(record):
        least = min(record.sign * state.held for _, state in states(record, pair))
        if least < 0 and not is_dust(record, pair, least):
            return "sold_once", False, f"more of {pair} was sold than bought"
    return "sold_once", True, "nothing was sold twice"


def _stop(record: Record) -> Law:
    """The stop of a trade never loosens."""
    before: dict[int, float] = {}
    for seen in facts_of(record, StopSeen):
        last = before.get(seen.trade)
        if last is not None and record.sign * (seen.stop - last) < 0 and not isclose(seen.stop, last, rel_tol=1e-9):
            return "stop", False, f"the stop of {seen.pair} was loosened from {last:.10g} to {seen.stop:.10g}"
        before[seen.trade] = seen.stop
    return "stop", True, "the stop was never loosened"


def _ledger(record: Record) -> Law:
    """Balances changed by exactly the fills and their fees."""
    fills = facts_of(record, Fill)
    if record.problems:
        return "ledger", False, "; ".join(record.problems)
    if not record.balances.before:
        return "ledger", not fills, "the balances are unknown" if fills else "nothing was traded"
    if any(":" in fill.pair for fill in fills):
        # What a position loses beyond its margin is the exchange's loss, and its audit counts that.
        return "ledger", True, "the exchange's ledger sums to zero"
    expected = _spot_changes(fills)
    for currency in {*expected, *record.balances.before, *record.balances.after}:
        before, after = (side.get(currency, 0.0) for side in (record.balances.before, record.balances.after))
        off = after - before - expected[currency]
        if abs(off) > CENT:
            return "ledger", False, f"{off:.8f} {currency} cannot be explained by the fills"
    return "ledger", True, "the ledger sums to zero"


def _spot_changes(fills: list[Fill]) -> dict[str, float]:
    """Return the changes of balances that spot fills make, by currency."""
    changes: dict[str, float] = defaultdict(float)
    for fill in fills:
        base, quote = fill.pair.split("/")
        changes[base] += fill.sign * fill.quantity
        changes[quote] -= fill.sign * fill.quantity * fill.price
        changes[fill.fee_currency] -= fill.fee
    return changes

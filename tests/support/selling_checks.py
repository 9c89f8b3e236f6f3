"""Checks the partial exits of a backtest: what was due by candles, entry and initial stop, and what was sold.

Nothing here uses robustop; a rung is due if a candle opens at or beyond it while the trade is open.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import pandas as pd

from tests.support.explain import records_by_trade, side_of

Rung = tuple[float, float]
"""Multiple of the risk, and the fraction of the original that is sold: infinite for the rest."""


CLOSING = "robustop_take_profit"
HOST_ASKS = 1.05 / 0.9
"""A Freqtrade backtest adds a reserve of 5 % and the ratio of a stop to the minimum order."""

LEFT_AT_THE_OPEN = ("force_exit", "stop_loss", "trailing_stop_loss")


class Rules(NamedTuple):
    """The exchange's rules for orders.

    Attributes:
        lot: step of amounts.
        smallest: minimum order, in the quote currency.
    """

    lot: Fraction
    smallest: float


class Judgement(Counter[str]):
    """How many rungs were reached, and the result of each; `problems` must stay empty."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.problems: list[str] = []

    @property
    def sold_share(self) -> float:
        """Share of the reached rungs that were sold, alone or merged."""
        return (self["filled"] + self["merged"]) / self["reached"]


def judge(
    trades: Iterable[Mapping[str, Any]],
    audit: Iterable[Mapping[str, Any]],
    tables: Mapping[str, pd.DataFrame],
    schedule: Sequence[Rung],
    rules: Mapping[str, Rules],
) -> Judgement:
    """Return the result of every rung that was reached.

    Args:
        trades: as Freqtrade exports them.
        audit: robustop's records, for the initial stop and for postponed sales.
        tables: candles that Freqtrade processed, by pair and time in milliseconds.
        schedule: the rungs.
        rules: exchange rules, by pair.
    """
    records, result = records_by_trade(audit), Judgement()
    for trade in trades:
        story = records[trade["pair"], trade["open_timestamp"]]
        name = f"{trade['pair']} {trade['open_date']}"
        reached = reached_by(trade, story[0]["new_stop"], tables[trade["pair"]], schedule)
        fates = fates_of(trade, story, reached, schedule)
        result["reached"] += len(reached)
        result.update(fates)
        problems = [*problems_of(trade, reached, schedule, rules[trade["pair"]])]
        problems += waits_of(trade, story, schedule, rules[trade["pair"]])
        if "unexplained" in fates:
            problems.append(f"reached {reached}, sold {tags_of(trade)}")
        result.problems += [f"{name}: {problem}" for problem in problems]
    return result


def reached_by(trade: Mapping[str, Any], stop: float, table: pd.DataFrame, schedule: Sequence[Rung]) -> dict[int, int]:
    """Return the open, in milliseconds, at which each rung was first reached, by its index in the schedule."""
    side, entry = side_of(trade), exactly(trade["open_rate"])
    risk = side * (entry - exactly(stop))
    lived = table.loc[trade["open_timestamp"] + 1 : trade["close_timestamp"]]
    found: dict[int, int] = {}
    for place, (multiple, _) in enumerate(schedule):
        level = entry + side * exactly(multiple) * risk
        near = lived[side * (lived["open"] - float(level)) >= -abs(float(risk)) / 1e6]
        first = next((time for time, price in near["open"].items() if side * (exactly(price) - level) >= 0), None)
        if first is not None:
            found[place] = int(first)
    return found


def fates_of(
    trade: Mapping[str, Any], story: Sequence[Mapping[str, Any]], reached: Mapping[int, int], schedule: Sequence[Rung]
) -> Counter[str]:
    """Return the result of each rung of a trade: filled, merged, or the reason why not."""
    # A rung may be sold at an open and the rest be stopped out on the same candle.
    sales: dict[int, list[str]] = {}
    for order in exits_of(trade):
        sales.setdefault(order["order_filled_timestamp"], []).append(str(order["ft_order_tag"]))
    waiting = [record["time"] * 1000 for record in story if record["action"] == "wait"]
    fates: Counter[str] = Counter()
    for place, time in reached.items():
        higher = [other for other, at in reached.items() if at == time and other > place]
        tags = sales.get(time, [])
        if tag_of(schedule[place][0]) in tags or (CLOSING in tags and not higher):
            fates["filled"] += 1
        elif {CLOSING, *(tag_of(schedule[other][0]) for other in higher)} & {*tags}:
            fates["merged"] += 1
        elif any(at <= time for at in waiting):
            later = any(at > time and any(map(is_ours, others)) for at, others in sales.items())
            fates["merged" if later else "skipped: too small, and nothing was due later"] += 1
        elif time == trade["close_timestamp"] and tags[-1] in LEFT_AT_THE_OPEN:
            fates[f"skipped: left at that very open ({tags[-1]})"] += 1
        else:
            fates["unexplained"] += 1
    return fates


def waits_of(
    trade: Mapping[str, Any], story: Sequence[Mapping[str, Any]], schedule: Sequence[Rung], rules: Rules
) -> Iterable[str]:
    """Yield postponed sales without a reason: the amount due was large enough."""
    original = sum(exactly(order["amount"]) for order in trade["orders"] if order["ft_is_entry"])
    for record in story:
        if record["action"] == "wait":
            tag = record["reason"].partition(":")[0]
            place = next(place for place, (multiple, _) in enumerate(schedule) if tag_of(multiple) == tag)
            due = original * sum((exactly(share) for _, share in schedule[: place + 1]), Fraction(0))
            sold = sum(exactly(order["amount"]) for order in exits_of(trade) if earlier(order, record))
            if (due - sold) * exactly(record["price"]) >= rules.smallest * HOST_ASKS + rules.smallest / 100:
                yield f"{tag} waited with {float(due - sold)} at {record['price']}"


def earlier(order: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Return whether an order was filled before a record was written."""
    return bool(order["order_filled_timestamp"] < record["time"] * 1000)


def problems_of(
    trade: Mapping[str, Any], reached: Mapping[int, int], schedule: Sequence[Rung], rules: Rules
) -> Iterable[str]:
    """Yield problems with the amounts of a trade's orders."""
    original = left = sum(exactly(order["amount"]) for order in trade["orders"] if order["ft_is_entry"])
    sold_to = -1
    for order in exits_of(trade):
        amount, price, tag = exactly(order["amount"]), order["safe_price"], order["ft_order_tag"]
        left -= amount
        if is_ours(tag) and tag != CLOSING:
            place = next(place for place, (multiple, _) in enumerate(schedule) if tag_of(multiple) == tag)
            meant = original * sum((exactly(share) for _, share in schedule[sold_to + 1 : place + 1]), Fraction(0))
            if amount != meant // rules.lot * rules.lot:
                yield f"{tag} sold {float(amount)}, meant were {float(meant)} in lots of {float(rules.lot)}"
            if place not in reached:
                yield f"{tag} was never reached"
            sold_to = place
        if left * exactly(price) < rules.smallest and left != 0:
            yield f"{float(left)} were left at {price} after {tag}"
    if left != 0:
        yield f"of {float(original)} bought, {float(left)} were not sold"


def exits_of(trade: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the sell orders in order."""
    return [order for order in trade["orders"] if not order["ft_is_entry"]]


def tags_of(trade: Mapping[str, Any]) -> list[str]:
    """Return the tags of the sell orders."""
    return [str(order["ft_order_tag"]) for order in exits_of(trade)]


def is_ours(tag: object) -> bool:
    """Return whether an order was placed for rungs."""
    return tag == CLOSING or (str(tag).startswith("robustop_") and str(tag).endswith("R"))


def tag_of(multiple: float) -> str:
    """Return the tag of a rung."""
    return f"robustop_{multiple:g}R"


def exactly(number: float) -> Fraction:
    """Return the decimal that a number was written as; 0 for infinity."""
    return Fraction(0) if math.isinf(number) else Fraction(repr(number))

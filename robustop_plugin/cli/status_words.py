"""Numbers, times and prospects of `robustop status` in words."""

from decimal import Decimal

from robustop_plugin.operate.closed import mover
from robustop_plugin.operate.costs import Result
from robustop_plugin.operate.last_records import Record
from robustop_plugin.operate.outlook import Action, Prospect
from robustop_plugin.operate.prices import Source
from robustop_plugin.operate.status import Status, TradeStatus

DIGITS = 10
"""Significant digits of a price."""
UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
UNKNOWN = "?"


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number without an exponent, so that it can be typed again."""
    if value is None:
        return UNKNOWN
    return format(Decimal(f"{value:.{digits}g}"), "f")


def signed_number(value: float | None, decimals: int = 2) -> str:
    """Return a number with its sign."""
    return UNKNOWN if value is None else f"{value:+.{decimals}f}"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as 2h14m."""
    whole = max(round(seconds), 0)
    for index, (size, name) in enumerate(UNITS):
        if whole >= size:
            rest = whole % size
            smaller, its_name = UNITS[min(index + 1, len(UNITS) - 1)]
            return f"{whole // size}{name}" + (f"{rest // smaller}{its_name}" if rest >= smaller and size > 1 else "")
    return "0s"


def money(result: Result | None, currency: str) -> str:
    """Return an amount of money with its sign."""
    return UNKNOWN if result is None else f"{result.money:+.2f} {currency}"


def percent(value: float | None) -> str:
    """Return a percentage with its sign."""
    return UNKNOWN if value is None else f"{value:+.2f} %"


def phase(found: TradeStatus) -> str:
    """Return how far a trade has come."""
    trade = found.trade
    if trade.phase is not None:
        # What is left is one word or two, and names each phase.
        return trade.phase.name.removesuffix("_PROTECTED").removesuffix("_TAKEN").lower().replace("_", " ")
    if not trade.holds:
        return "entry rests"
    return "in shadow" if trade.stored.is_shadowed else f"state {trade.trouble or 'missing'}"


def prospect(what: Prospect) -> str:
    """Return what would be done, in a few words."""
    who = " ".join(name for name in (what.engine, what.rule) if name)
    moved = f"stop to {number(what.stop)}" + (f", {who}" if who else "")
    match what.action:
        case Action.EXIT:
            sold = "" if what.fraction is None else " with the last rung"
            at_level = f" at the level of {who}" if who else ""
            return f"leaves: {what.reason}{sold}{at_level}"
        case Action.REDUCE:
            part = f"sells {number((what.fraction or 0) * 100, 4)} %"
            return f"{part}, {moved}" if who else part
        case Action.MOVE:
            return moved
        case _:
            waits = "" if what.waits is None else f", {number(what.waits)} waits"
            return f"stop stays {number(what.stop)}{waits}"


def briefly(what: Prospect) -> str:
    """Return what would be done next, in three words."""
    match what.action:
        case Action.EXIT:
            return "leaves"
        case Action.REDUCE:
            return f"sells {number((what.fraction or 0) * 100, 4)} %"
        case _:
            return f"stop to {number(what.stop)}"


def last_move(record: Record | None, now: float) -> tuple[str, str]:
    """Return who moved the stop last, and how long ago."""
    if record is None:
        return UNKNOWN, ""
    return mover(record), f"{duration(now - float(record['time']))} ago"


def where_prices_come_from(status: Status) -> str:
    """Return one line about the sources of the prices, and their age."""
    bot = status.prices.bot
    seen = [found.seen for found in status.trades if found.seen is not None]
    ages = [status.now - price.seen_at for price in seen if price.source is Source.RECORDED]
    parts = []
    if any(price.source is Source.BOT for price in seen) and bot is not None:
        parts.append(f"of the running bot, {bot.heartbeat.says}")
    if ages:
        span = duration(min(ages)) if len(ages) == 1 else f"{duration(min(ages))} to {duration(max(ages))}"
        parts.append(f"as robustop last recorded them, {span} ago")
    missing = len(status.trades) - len(seen)
    if missing:
        parts.append(f"unknown for {missing} of {len(status.trades)}")
    why = "no api_server could be asked: see --config" if bot is None else bot.error
    return f"prices: {'; '.join(parts)}" + (f" ({why})" if why and (ages or missing) else "")

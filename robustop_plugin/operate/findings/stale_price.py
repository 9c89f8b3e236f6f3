"""Finds positions in markets that are halted, or in which nothing was traded for a long time: no stop can act there."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called
from robustop_plugin.operate.findings.look import Look

NAME = "stale_price"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such position."""
    if look.account is None:
        return
    for trade in look.positions:
        market, price = look.account.markets.get(trade.pair), look.account.prices.get(trade.pair)
        traded_at = None if price is None else price.traded_at
        since, why = traded_at, None
        if market is None or not market.is_active:
            why = f"{trade.pair} is halted or delisted"
        elif price is None:
            why = f"{trade.pair} has no price"
        elif traded_at is not None and look.at - traded_at >= look.terms.stale:
            why = f"{trade.pair} was not traded for {look.at - traded_at:.0f} s"
        if why is not None:
            yield Finding(
                NAME,
                Severity.WARNING,
                Source.EXCHANGE,
                f"{called(trade)} has a stale price: {why}",
                "look at the exchange's announcements: neither the stop nor an exit is filled while nobody trades",
                since=since,
            ).of(trade)

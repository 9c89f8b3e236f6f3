"""Finds stop orders that sell less or more than the position holds."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import SAME_SHARE, Look, counted

NAME = "stop_of_wrong_size"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each position whose only stop has another size."""
    for trade, stops in look.with_stops():
        (first, *others), holds = stops, counted(trade)
        if others or first.amount is None or look.account is None:
            continue
        market = look.account.markets.get(trade.pair)
        # Freqtrade rounds down to a lot.
        room = max(0.0 if market is None else market.lot, holds * SAME_SHARE)
        difference = first.amount - holds
        if abs(difference) <= room * (1 + SAME_SHARE):
            continue
        is_short = difference < 0
        what = f"{number(-difference)} are not protected" if is_short else f"it sells {number(difference)} too many"
        yield Finding(
            NAME,
            Severity.CRITICAL if is_short else Severity.WARNING,
            Source.EXCHANGE,
            f"{called(trade)} holds {number(holds)}, and its stop order {first.order_id} is for {number(first.amount)}: "
            f"{what}",
            f"cancel order {first.order_id} on the exchange: a running bot then places one of the right size",
            of_what=(first.order_id, number(holds)),
        ).of(trade)

"""GET /_control/coverage of the loopback Binance: positions, and the times at which nothing protected them."""

from collections.abc import Mapping
from typing import Any

from robustop_plugin.venue.coverage import SHORTEST_PAUSE, Coverage, Holding
from robustop_plugin.venue.exchange import Exchange

COVERAGE = "/_control/coverage"
SECOND = 1000  # milliseconds
DEFAULT_GAP = "10"  # seconds: twice Freqtrade's usual loop


def coverage(exchange: Exchange, query: Mapping[str, str]) -> Any:
    """Return every position since the start with its times without a stop, in seconds.

    `?gap=10` sets how many seconds may pass between two price checks of a bot that watches a position.

    Raises:
        ValueError: the gap is not a number of at least a second.
    """
    gap = _gap(query.get("gap", DEFAULT_GAP))
    exchange.spot.all()
    exchange.futures.all()
    found, now = exchange.coverage, exchange.now
    return {"now": now, "gap": gap / SECOND, "positions": [_shown(found, one, gap, now) for one in found.holdings]}


def _shown(found: Coverage, holding: Holding, gap: int, now: int) -> Any:
    intervals = holding.uncovered(now)
    pauses = found.unwatched(holding.pair, gap, now)
    lengths = [interval.end - interval.begin for interval in intervals]
    # Weighted by the part of the position without a stop: half of it for 10 s counts as 5 s.
    weighted = sum(float(1 - held.covered / held.held) * (end - begin) for begin, end, held in holding.lasting(now))
    unwatched = sum(
        max(0, min(interval.end, end) - max(interval.begin, begin)) for interval in intervals for begin, end in pauses
    )
    return {
        "pair": holding.pair,
        "begin": holding.begin,
        "end": holding.end,
        "seconds": ((now if holding.end is None else holding.end) - holding.begin) / SECOND,
        "uncovered_seconds": sum(lengths) / SECOND,
        "uncovered_by_amount": round(weighted / SECOND, 6),
        "longest_uncovered": max(lengths, default=0) / SECOND,
        "uncovered_and_unwatched": unwatched / SECOND,
        "uncovered": [
            {
                "begin": interval.begin,
                "end": None if holding.end is None and interval.end == now else interval.end,
                "seconds": (interval.end - interval.begin) / SECOND,
                "share": round(float(interval.share), 6),
            }
            for interval in intervals
        ],
    }


def _gap(value: str) -> int:
    """Return a gap in milliseconds."""
    try:
        gap = int(float(value) * SECOND)
    except (ValueError, OverflowError):
        gap = 0
    if gap < SHORTEST_PAUSE:
        raise ValueError(f"gap was {value}: it must be a number of at least {SHORTEST_PAUSE / SECOND:g} seconds")
    return gap

"""Strategies with partial exits, on hand-written candles.

The entry is 10 at 100 and the initial stop 98, so that a span is 2: the rungs of the default schedule are at 104, 106
and 108.
"""

from collections.abc import Sequence
from typing import Any

from freqtrade.persistence import LocalTrade

from tests.support.hand_candles import PERCENT, TWO_PERCENT, Candle, Hand
from tests.support.host import Host, Played

HALF_QUARTER_REST: list[list[Any]] = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
QUIET_LADDER = {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [3.0, 2.0]]}
"""Breakeven from 102 on, and a trail of two spans from 106 on."""


def with_partials(partials: Sequence[Sequence[Any]] = HALF_QUARTER_REST, *engines: dict[str, Any]) -> dict[str, Any]:
    """Return robustop settings with this schedule."""
    return {
        "engines": list(engines) or [QUIET_LADDER],
        "initial_stop": TWO_PERCENT,
        "breakeven": PERCENT,
        "partials": [list(rung) for rung in partials],
    }


class Sells(Hand):
    """The same entries, with partial exits."""

    position_adjustment_enable = True
    robustop = with_partials()


class RecordsStops(Sells):
    """Records amount and stop before and after each exit check."""

    seen: list[tuple[float, float, float]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[Any]:
        """Record amount and stop after the sales of this candle, and the stop after the exit check."""
        before = trade.stop_loss
        exits = super().should_exit(trade, *args, **kwargs)
        self.seen.append((trade.amount, before, trade.stop_loss))
        return exits


def flat(*opens: float, reach: float = 0.1) -> list[Candle]:
    """Return candles that open at these prices and hardly move; the last one is repeated so that it is processed."""
    return [(price, price + reach, price - reach, price) for price in (*opens, opens[-1])]


def sold(played: Played) -> list[tuple[Any, ...]]:
    """Return tag, amount and price of the only trade's exits."""
    return sold_of(played.trade)


def sold_of(trade: Any) -> list[tuple[Any, ...]]:
    """Return tag, amount and price of a trade's exits."""
    return [
        (order.ft_order_tag, order.safe_filled, order.safe_price)
        for order in trade.select_filled_orders(trade.exit_side)
    ]


def play(host: Host, candles: Sequence[Candle], strategy: type = RecordsStops, **over: Any) -> Played:
    """Backtest a strategy with partial exits, and assert that no stop loosens."""
    played = host.play(strategy, candles, **over)
    stops = [stop for _, before, after in getattr(played.strategy, "seen", []) for stop in (before, after)]
    assert stops == sorted(stops)
    return played

"""hand_span with partial exits for a running bot: robustop's, and the same rules written by hand."""

# ruff: noqa: ARG002 (Freqtrade's signatures)

import math
from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import stoploss_from_absolute
from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin

COSTS = 0.0015
"""Of the entry: what breakeven covers."""
SPAN = 0.02
"""Of the entry: the distance of the initial stop."""
RUNGS = ((2.0, 0.5), (3.0, 0.25), (4.0, 1.0))
"""Profit in spans, and the part of the original amount that is sold; the last rung sells the rest."""


class LiveHandSpan(RobustopMixin, PlainTrend):
    """By robustop."""

    position_adjustment_enable = True
    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "percent", "percent": 100 * SPAN},
        "breakeven": {"mode": "percent"},
        "partials": True,
    }


class LiveHandSpanWatched(LiveHandSpan):
    """The same, with metrics."""

    robustop = {**LiveHandSpan.robustop, "metrics": {"enabled": True, "port": 9464}}  # noqa: RUF012 (read only)


class LiveHandSpanByHand(PlainTrend):
    """By hand: spans and best prices are kept in a dict, and lost when the process ends."""

    position_adjustment_enable = True
    use_custom_stoploss = True

    def __init__(self, config: dict[str, Any]) -> None:
        """Start without trades."""
        super().__init__(config)
        self.span_and_best: dict[int, tuple[float, float]] = {}

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """Return a new stop if the best price has reached another span; None for no change."""
        entry = trade.open_rate
        if after_fill:
            self.span_and_best.pop(trade.id, None)
            return stoploss_from_absolute(entry * (1 - SPAN), current_rate)
        # Right after the fill Freqtrade's stop is the initial stop, rounded by Freqtrade.
        span, best = self.span_and_best.get(trade.id) or (entry - trade.stop_loss, entry)
        self.span_and_best[trade.id] = span, max(best, current_rate)
        spans = math.floor((current_rate - entry) / span + 1e-9)
        if current_rate <= best or spans < 1:
            return None
        breakeven, trail = entry * (1 + COSTS), entry + (spans - 1) * span
        stop = max(breakeven if breakeven < current_rate else 0.0, trail if spans > 1 else 0.0)
        return stoploss_from_absolute(stop, current_rate) if stop > trade.stop_loss else None

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        current_entry_rate: float,
        current_exit_rate: float,
        current_entry_profit: float,
        current_exit_profit: float,
        **kwargs: Any,
    ) -> float | None:
        """Sell the part of the next rung once the price has reached it."""
        taken = trade.nr_of_successful_exits
        if taken >= len(RUNGS) or trade.has_open_orders:
            return None
        spans, part = RUNGS[taken]
        if current_exit_rate < trade.open_rate * (1 + spans * SPAN):
            return None
        original = sum(order.safe_filled for order in trade.select_filled_orders(trade.entry_side))
        return float(-trade.stake_amount * min(1.0, part * original / trade.amount))

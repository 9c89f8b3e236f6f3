"""The same rules by the same hand, with a breakeven that covers the fees and the funding of the trade itself.

The price is computed once between two payments. A payment is the only event besides a new best price after which the
stop may move.
"""

from datetime import datetime
from typing import Any

from expert_hand_span import ExpertHandSpan
from freqtrade.persistence import Trade
from freqtrade.strategy import stoploss_from_absolute

SLIPPAGE = 0.0005


class ExpertExactHandSpan(ExpertHandSpan):
    """Breakeven after one span of profit, then one span behind the last full span."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Start with no trades."""
        super().__init__(config)
        self.funding_and_breakeven: dict[int, tuple[float | None, float]] = {}

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
        """Return a new stop if the best price has reached another span, or if a payment has moved breakeven."""
        if after_fill:
            self.funding_and_breakeven.pop(trade.id, None)
        known = self.funding_and_breakeven.get(trade.id)
        if known is not None and known[0] != trade.funding_fees:
            del self.funding_and_breakeven[trade.id]
            _, best = self.span_and_best[trade.id]
            # A price was computed, so a span has been reached.
            breakeven = self.breakeven(trade)
            if trade.stop_loss < breakeven < min(best, current_rate):
                return stoploss_from_absolute(breakeven, current_rate)
        return super().custom_stoploss(pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs)

    def breakeven(self, trade: Trade) -> float:
        """Return the price at which the trade has earned what it has paid, plus slippage."""
        known = self.funding_and_breakeven.get(trade.id)
        if known is None:
            price = trade.calc_close_rate_for_roi(0.0) * (1 + SLIPPAGE)
            known = self.funding_and_breakeven[trade.id] = trade.funding_fees, price
        return known[1]

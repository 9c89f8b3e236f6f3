"""The hand span with a tuned initial stop: by robustop's parameter, and by the expert's."""

from typing import Any

from expert_exact_hand_span import SLIPPAGE, ExpertExactHandSpan
from expert_hand_span import SPAN_IN_ATR, ExpertHandSpan
from freqtrade.strategy import DecimalParameter
from hand_span_trend import HandSpanTrend


class TunedHandSpan(HandSpanTrend):
    """The sample with tunable parameters."""

    robustop = {**HandSpanTrend.robustop, "hyperopt": True}  # noqa: RUF012 (read only)


class ExpertTunedHandSpan(ExpertHandSpan):
    """The expert's strategy with the name, range and space of robustop's parameter, so that the epochs are the same."""

    robustop_initial_stop_multiplier = DecimalParameter(
        SPAN_IN_ATR / 3, SPAN_IN_ATR * 3, default=SPAN_IN_ATR, decimals=2, space="robustop"
    )

    def span_in_atr(self) -> float:
        """Return the value of the epoch."""
        value: Any = self.robustop_initial_stop_multiplier.value
        return float(value)


class TunedExactHandSpan(TunedHandSpan):
    """The sample with tunable parameters and the costs of the trade."""

    robustop = {  # noqa: RUF012 (read only)
        **TunedHandSpan.robustop,
        "breakeven": {"mode": "exact", "slippage_percent": 100 * SLIPPAGE},
    }


class ExpertTunedExactHandSpan(ExpertExactHandSpan):
    """The expert's strategy for that, with the same parameter."""

    robustop_initial_stop_multiplier = DecimalParameter(
        SPAN_IN_ATR / 3, SPAN_IN_ATR * 3, default=SPAN_IN_ATR, decimals=2, space="robustop"
    )

    def span_in_atr(self) -> float:
        """Return the value of the epoch."""
        value: Any = self.robustop_initial_stop_multiplier.value
        return float(value)

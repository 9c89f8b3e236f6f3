"""The sample's entries and engine, with both modes of the costs that breakeven covers."""

from hand_span_trend import HandSpanTrend


class PercentHandSpan(HandSpanTrend):
    """Costs are percents of the settings."""

    robustop = {  # noqa: RUF012 (read only)
        **HandSpanTrend.robustop,
        "breakeven": {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05},
    }


class ExactHandSpan(HandSpanTrend):
    """Costs are those of the trade."""

    robustop = {**HandSpanTrend.robustop, "breakeven": {"mode": "exact", "slippage_percent": 0.05}}  # noqa: RUF012

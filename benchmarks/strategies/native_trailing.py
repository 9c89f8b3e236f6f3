"""The sample's entries under Freqtrade's own trailing stop."""

from plain_trend import PlainTrend


class NativeTrailing(PlainTrend):
    """One percent behind the best price, from two percent of profit on."""

    trailing_stop = True
    trailing_stop_positive = 0.01
    trailing_stop_positive_offset = 0.02
    trailing_only_offset_is_reached = True

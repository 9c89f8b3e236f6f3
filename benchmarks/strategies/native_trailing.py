"""The sample's entries under Freqtrade's own trailing stop."""

from plain_trend import PlainTrend


class NativeTrailing(PlainTrend):
    """Two percent behind the best price, from four percent of profit on."""

    stoploss = -0.05
    trailing_stop = True
    trailing_stop_positive = 0.0203
    trailing_stop_positive_offset = 0.04
    trailing_only_offset_is_reached = True

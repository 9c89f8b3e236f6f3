"""Distances, in price ticks, that the bridge and the replay share: with other values their trades would differ."""

TAKE_PROFIT_LEAD = 0.25
"""Distance between a bracket's target and the earlier price at which Freqtrade is asked to take profit.

Freqtrade compares strictly, and rounds the price that it calculates back to the grid.
"""

NO_CHANGE_MARGIN = 0.5
"""A price this near to an engine's next change is decided on, not skipped."""

STOP_AIM = 0.5
"""Distance beyond the stop at which a stop ratio aims.

Freqtrade multiplies the ratio back and rounds towards the market, so that an exact ratio lands a tick too tight
whenever rounding errors lift it over the grid.
"""

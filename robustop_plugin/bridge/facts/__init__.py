"""Facts read from Freqtrade: identity, position, candles, indicators, stop in force; and stop prices as ratios."""

"""Draws the stops in Freqtrade's own charts: columns for `freqtrade plot-dataframe`, annotations for FreqUI."""

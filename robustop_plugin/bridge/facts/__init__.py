"""What is read off Freqtrade: identity, position, candles, indicators, the stop in force."""

"""Everything that asks Freqtrade: candles, entries, fees, leverage tiers."""

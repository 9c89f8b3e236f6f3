"""Everything that is compiled: no Freqtrade, no pandas."""

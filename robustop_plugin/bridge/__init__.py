"""The bridge to Freqtrade: the only code that imports it. Facts in, decisions out, applied once."""

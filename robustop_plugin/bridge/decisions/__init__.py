"""One look at a trade: from Freqtrade's question through facts and engines to the answer."""

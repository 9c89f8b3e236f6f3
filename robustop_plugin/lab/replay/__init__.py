"""The replay: the same entries of a strategy under any stop settings, with the trades that Freqtrade would make."""

"""The part of the replay that asks Freqtrade: `inputs.py` loads everything in one call."""

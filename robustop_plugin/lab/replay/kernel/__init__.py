"""The compiled part of the replay: imports neither Freqtrade nor pandas. `modules.py` lists what is compiled."""

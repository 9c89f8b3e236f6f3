"""What runs the trades of a setting: Freqtrade's backtest, or the compiled replay."""

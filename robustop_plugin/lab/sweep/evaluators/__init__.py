"""What evaluates settings: Freqtrade's backtest, or the replay."""

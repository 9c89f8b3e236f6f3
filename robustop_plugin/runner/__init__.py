"""Freqtrade from outside the bot: backtests, child processes, hyperopt, checks, database URLs."""

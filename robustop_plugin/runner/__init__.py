"""Freqtrade from outside the bot: runs, processes, checks, database URLs."""

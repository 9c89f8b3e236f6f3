"""Starts Freqtrade by forking a process that has already imported it."""

"""Trades that robustop decides about without acting."""

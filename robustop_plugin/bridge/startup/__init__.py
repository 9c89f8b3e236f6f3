"""Starts a strategy: reads settings, refuses conflicts, adds hyperopt parameters, builds the trade manager."""

"""Rehearses disasters: a real bot process, the loopback Binance, a scenario and a verdict. Only `cli` imports it."""

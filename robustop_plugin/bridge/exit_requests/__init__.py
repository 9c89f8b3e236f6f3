"""Exits requested from outside the engines: a person, the portfolio's drawdown, a council's signal."""

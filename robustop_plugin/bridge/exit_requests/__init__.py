"""Exits requested from outside the engines: by a person, the portfolio's drawdown, or a council's sell signal."""

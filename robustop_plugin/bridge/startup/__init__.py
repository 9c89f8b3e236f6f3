"""The start of a strategy: settings, refusals, and the manager of its trades."""

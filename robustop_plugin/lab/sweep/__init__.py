"""The sweep: evaluates the same entries with many stop settings, and tests how far the best can be trusted."""

"""Which settings are tried, which processes evaluate them, and where results are stored."""

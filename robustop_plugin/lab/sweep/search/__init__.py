"""Which settings are tried, by whom, and where the results are kept."""

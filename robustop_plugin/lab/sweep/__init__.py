"""The sweep: the same entries under many stop settings, and how far the best of them can be trusted."""

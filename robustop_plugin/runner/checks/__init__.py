"""The checks of `robustop check`: loading, problems, notes, and where each value comes from."""

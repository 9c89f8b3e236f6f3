"""The strategy's own callbacks: overrides that conflict, that cannot be reached, or that robustop stands before."""

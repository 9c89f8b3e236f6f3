"""The strategy's own callbacks: conflicts to refuse, limits that are bypassed, and callbacks that robustop wraps."""

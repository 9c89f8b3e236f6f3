"""Metrics and scores of the trades under one setting."""

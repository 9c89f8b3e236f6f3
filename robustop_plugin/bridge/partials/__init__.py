"""Partial exits: which part is due, and the order that sells it."""

"""Partial exits: when a part of a position is due, the order that sells it, and what filled orders have sold."""

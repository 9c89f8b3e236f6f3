"""Limits of entries and additions: whether they are allowed, how large they may be, how long their orders may rest."""

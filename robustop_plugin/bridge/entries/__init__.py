"""Entries: which are allowed, how large they may be, how long their orders may rest."""

"""How far a result can be trusted: neighbors, statistical tests, walk-forward test, verification."""

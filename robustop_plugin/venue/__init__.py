"""The loopback exchange and its embedded market. Only `cli` and tests import it."""

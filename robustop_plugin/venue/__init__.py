"""The loopback Binance and its embedded market. Only `rehearsal`, `cli`, tests and benchmarks import it."""

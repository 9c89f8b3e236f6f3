"""The loopback Binance and its embedded market. Only `cli`, tests and benchmarks import it."""

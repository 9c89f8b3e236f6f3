"""Stop engines, one file each. To add one: a file here, registry.py, settings/engines.py, settings/tuning.py.

1. `engines/<name>.py`: its options as a NamedTuple of numbers, and one pure function from a `View` to `Levels`.
2. `engines/registry.py`: its row in `ENGINES`.
3. `settings/engines.py`: its keys, their bounds and how they become the options; its class in `AnyEngine`.
4. `settings/tuning.py`: which of its numbers hyperopt and `robustop sweep` may change, if any.

Simulate, backtests and bots then run it. The replay of `robustop sweep` has compiled tables for the five engines
below only: it refuses any other by name, and `freqtrade backtesting` evaluates it instead.
"""

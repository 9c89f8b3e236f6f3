"""The parameter file that Freqtrade loads, and the commands that use it."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.hyperopt import read_parameter_file, write_parameter_file
from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.settings.tuning import PREFIX

OPTIONS = {"user_data_dir": "userdir"}
"""Freqtrade's options whose names differ on its command line."""


def parameter_file_of(strategy_file: Path) -> Path:
    """Return the file in which Freqtrade looks for the parameters of a strategy."""
    return strategy_file.with_suffix(".json")


def write_parameters(path: Path, strategy_file: Path, strategy: str, values: Mapping[str, float]) -> None:
    """Write the parameter file; other content of a file beside the strategy is kept.

    Args:
        path: File to write.
        strategy_file: The strategy's file.
        strategy: Name of the strategy class.
        values: Values by parameter name.

    Raises:
        InvalidSettings: The file cannot be written.
    """
    kept = read_parameter_file(parameter_file_of(strategy_file))
    space = {**kept.pop(PREFIX, {}), **values}
    try:
        write_parameter_file(path, strategy, {PREFIX: space}, kept)
    except OSError as error:
        raise InvalidSettings(f"--export was {path}: it cannot be written, {error.strerror}") from error


def confirm_command(run: BacktestRun, written: Path, strategy_file: Path) -> str:
    """Return the command that runs Freqtrade with the parameters on the same candles."""
    command = _backtesting(run)
    target = parameter_file_of(strategy_file)
    if written.resolve() == target.resolve():
        return command
    # Freqtrade loads parameters only from the file beside the strategy.
    return f"{shlex.join(['cp', str(written), str(target)])} && {command}"


def later_command(run: BacktestRun) -> str | None:
    """Return the command that runs Freqtrade on the candles after the sweep; None if the sweep had all candles."""
    _, dash, end = dict(run.options).get("timerange", "").partition("-")
    if not dash or not end:
        return None
    options = (*(option for option in run.options if option[0] != "timerange"), ("timerange", f"{end}-"))
    return _backtesting(replace(run, options=options))


def _backtesting(run: BacktestRun) -> str:
    words = ["freqtrade", "backtesting"]
    for config in run.configs:
        words += ["--config", config]
    words += ["--strategy", run.strategy]
    for name, value in run.options:
        values = value.split() if name == "pairs" else [value]
        words += [f"--{OPTIONS.get(name, name).replace('_', '-')}", *values]
    return shlex.join([*words, "--cache", "none"])

"""The end of a sweep: the parameter file that Freqtrade loads, and the command that confirms it."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.hyperopt import read_parameter_file, write_parameter_file
from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.settings.tuning import PREFIX

OPTIONS = {"user_data_dir": "userdir"}
"""Freqtrade's options whose names differ from those on its command line."""


def file_beside(strategy_file: Path) -> Path:
    """Return where Freqtrade looks for the parameters of a strategy."""
    return strategy_file.with_suffix(".json")


def write_parameters(path: Path, strategy_file: Path, strategy: str, values: Mapping[str, float]) -> None:
    """Write the file of parameters; everything else that a file beside the strategy holds stays.

    Args:
        path: of the file to write.
        strategy_file: of the strategy.
        strategy: name of the class.
        values: by the names of the knobs.

    Raises:
        InvalidSettings: it cannot be written.
    """
    kept = read_parameter_file(file_beside(strategy_file))
    space = {**kept.pop(PREFIX, {}), **values}
    try:
        write_parameter_file(path, strategy, {PREFIX: space}, kept)
    except OSError as error:
        raise InvalidSettings(f"--export was {path}: it cannot be written, {error.strerror}") from error


def confirmation(run: BacktestRun, written: Path, strategy_file: Path) -> str:
    """Return the command that runs Freqtrade with the parameters on the same candles: the trades are the sweep's."""
    command = _backtesting(run)
    beside = file_beside(strategy_file)
    if written.resolve() == beside.resolve():
        return command
    # Freqtrade loads parameters from beside the strategy, and from nowhere else.
    return f"{shlex.join(['cp', str(written), str(beside)])} && {command}"


def continuation(run: BacktestRun) -> str | None:
    """Return the command that runs Freqtrade on the candles after those of the sweep; None where it had all."""
    _, dash, end = dict(run.options).get("timerange", "").partition("-")
    if not dash or not end:
        return None
    options = (*(one for one in run.options if one[0] != "timerange"), ("timerange", f"{end}-"))
    return _backtesting(replace(run, options=options))


def _backtesting(run: BacktestRun) -> str:
    words = ["freqtrade", "backtesting"]
    for config in run.configs:
        words += ["--config", config]
    words += ["--strategy", run.strategy]
    for name, value in run.options:
        words += [f"--{OPTIONS.get(name, name).replace('_', '-')}", value]
    return shlex.join([*words, "--cache", "none"])

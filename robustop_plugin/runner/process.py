"""Runs `freqtrade` as a child process, and reads the results of a backtest."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from robustop_plugin.audit.file import read_audit

LAST_RESULT = ".last_result.json"
LOG_COLUMNS = "250"
TAIL = 12
"""Lines of the log that the error of a failed run shows."""


class RunFailed(RuntimeError):
    """A freqtrade process failed; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class BacktestResult:
    """The result of one strategy in a backtest.

    Attributes:
        strategy: Name of the strategy.
        statistics: Freqtrade's statistics, trades included.
        audit: robustop's audit records; empty for a strategy without robustop.
        folder: Folder of the results.
    """

    strategy: str
    statistics: dict[str, Any]
    audit: list[dict[str, Any]]
    folder: Path

    @property
    def trades(self) -> list[dict[str, Any]]:
        """The trades as Freqtrade exports them."""
        return list(self.statistics["trades"])


def run_freqtrade(arguments: Sequence[str], log: Path) -> str:
    """Run the installed freqtrade, with its output in `log`, and return that output.

    Raises:
        RunFailed: The exit status was not 0.
    """
    command = [sys.executable, "-m", "freqtrade", *arguments]
    # Freqtrade wraps its log to the terminal width; a log file has no terminal.
    environment = {**os.environ, "COLUMNS": LOG_COLUMNS}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        status = subprocess.run(  # noqa: S603 (our own interpreter, no shell)
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    if status != 0:
        raise RunFailed(f"{' '.join(command)} ended with status {status}; {log} ends:\n{_tail(text)}")
    return text


def backtest(strategy: str, configs: Sequence[Path], folder: Path, arguments: Sequence[str] = ()) -> BacktestResult:
    """Run `freqtrade backtesting` with one strategy and return its result.

    Args:
        strategy: Name of the strategy.
        configs: Configuration files; later files override earlier ones.
        folder: Folder for results and log; created if needed.
        arguments: More command-line arguments, such as `--timerange`.

    Raises:
        RunFailed: The process failed or left no result (Freqtrade exits with status 0 on some errors).
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.glob("backtest-result-*.zip"))
    files = [part for config in configs for part in ("--config", str(config))]
    command = ["backtesting", *files, "--strategy", strategy, "--backtest-directory", str(folder)]
    text = run_freqtrade([*command, "--cache", "none", *arguments], folder / "freqtrade.log")
    if not set(folder.glob("backtest-result-*.zip")) - before:
        raise RunFailed(f"freqtrade left no result in {folder}; its log ends:\n{_tail(text)}")
    return read_result(folder, strategy)


def read_result(folder: Path, strategy: str) -> BacktestResult:
    """Return the latest result in a folder, with the latest audit of the strategy."""
    archive = folder / json.loads((folder / LAST_RESULT).read_text())["latest_backtest"]
    with ZipFile(archive) as files:
        content = json.loads(files.read(archive.with_suffix(".json").name))
    audits = sorted(folder.glob(f"robustop-audit-{strategy}-*.jsonl"))
    records = list(read_audit(audits[-1])) if audits else []
    return BacktestResult(strategy, content["strategy"][strategy], records, folder)


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-TAIL:])

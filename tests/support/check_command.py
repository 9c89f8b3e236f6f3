"""Runs `robustop check` in this process and reads its findings."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main

NO_PARTS = {"robustop": {"partials": []}}
"""A configuration in which a strategy needs no position adjustment."""


def check(*words: str) -> Result:
    """Return output and exit status of the command."""
    return CliRunner().invoke(main, ["check", *words])


def findings(*words: str, status: int = 0) -> list[dict[str, str]]:
    """Return the findings of a check that has to end with a status."""
    result = check(*words, "--json")
    assert result.exit_code == status, result.output
    found: list[dict[str, str]] = json.loads(result.stdout)
    return found


def details(found: list[dict[str, str]], verdict: str) -> dict[str, str]:
    """Return the details of findings with a verdict, by subject."""
    return {finding["subject"]: finding["detail"] for finding in found if finding["verdict"] == verdict}


def write_config(path: Path, **content: Any) -> Path:
    """Write a configuration with an exchange, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exchange = {"name": "binance", "pair_whitelist": ["BTC/USDT"]}
    path.write_text(json.dumps({"dry_run": True, "stake_currency": "USDT", "exchange": exchange, **content}))
    return path

"""The temporary folder of a rehearsal: copies of the user's strategy and configuration, pointed to the venue."""

import json
import shutil
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.bot import USER
from robustop_plugin.rehearsal.scenario import Scenario, Variant
from robustop_plugin.rehearsal.strategy_text import PREFIX, strategy_text
from robustop_plugin.rehearsal.subject import Subject, merge

DROPPED = (
    "add_config_files",  # merged already
    "api_server",
    "datadir",
    "db_url",
    "discord",
    "exchange",
    "external_message_consumer",
    "fiat_display_currency",  # asks a server on the internet
    "logfile",
    "pairlists",
    "recursive_strategy_search",
    "strategy",
    "strategy_path",
    "telegram",
    "user_data_dir",
    "webhook",
)
"""Keys of the user's configuration that a rehearsal replaces, or that would reach somebody."""

STAKE, MOST_STAKE = "USDT", 3000
"""The stake currency of the venue, and the largest stake of a position, of a wallet of 10,000."""
PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
"""Limit orders fill at once, unless a scenario says otherwise."""
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*")


class Folder:
    """A folder of a rehearsal.

    Attributes:
        path: the folder.
        database: the bot's trade database.
        log: the bot's log.
    """

    def __init__(self, path: Path) -> None:
        """Use an empty folder."""
        self.path = path
        self.database = path / "trades.sqlite"
        self.log = path / "freqtrade.log"
        self._config = path / "config.json"
        self._content: dict[str, Any] = {}

    def write_strategy(self, subject: Subject, *, plain: bool, signal: str | None = None) -> None:
        """Copy the strategy's folder and write the class that is rehearsed.

        Args:
            subject: the strategy.
            plain: True to leave robustop out.
            signal: the column of a standing entry signal; None without one.

        Raises:
            InvalidSettings: The folder cannot be copied.
        """
        copied = self.path / "strategies"
        try:
            shutil.copytree(subject.file.parent, copied, ignore=NOT_COPIED)
            written = self.path / "rehearsed" / f"{PREFIX}{subject.strategy}.py"
            written.parent.mkdir()
            parameters = subject.file.with_suffix(".json")
            if parameters.exists():
                shutil.copyfile(parameters, written.with_suffix(".json"))
            file = copied / subject.file.name
            text = strategy_text(subject.strategy, file, protected=subject.is_protected, plain=plain, signal=signal)
            written.write_text(text, encoding="utf-8")
        except (OSError, shutil.Error) as error:
            raise InvalidSettings(f"{subject.file.parent} cannot be copied: {error}") from error

    def write_config(self, subject: Subject, scenario: Scenario, variant: Variant, overlay: dict[str, Any]) -> None:
        """Write the configuration: the user's, then what a rehearsal needs, then the scenario's."""
        kept = {key: value for key, value in subject.config.items() if key not in DROPPED}
        self._content = merge(merge(kept, _needed(subject, scenario, variant)), overlay)
        self._content["db_url"] = f"sqlite:///{self.database}"
        self.change_config(scenario.config)

    def listen_at(self, port: int, password: str) -> None:
        """Set the port and the password of the bot's REST API."""
        self.change_config({"api_server": api_server(port, password)})

    def change_config(self, change: dict[str, Any]) -> None:
        """Change the configuration file."""
        self._content = merge(self._content, change)
        self._config.write_text(json.dumps(self._content, indent=1), encoding="utf-8")

    def arguments(self, strategy: str) -> list[str]:
        """Return the arguments of `freqtrade trade`."""
        return [
            "trade",
            *("--config", str(self._config)),
            *("--strategy", strategy),
            *("--strategy-path", str(self.path / "rehearsed")),
            *("--userdir", str(self.path)),
        ]


def _needed(subject: Subject, scenario: Scenario, variant: Variant) -> dict[str, Any]:
    """Return what a rehearsal sets in every configuration."""
    stake = subject.config.get("stake_amount", "unlimited")
    if isinstance(stake, int | float):
        stake = min(stake, MOST_STAKE / scenario.pairs) if subject.config.get("stake_currency") == STAKE else 1000
    return {
        "stake_currency": STAKE,
        "stake_amount": stake,
        "max_open_trades": scenario.pairs,
        "force_entry_enable": True,
        "initial_state": "running",
        "cancel_open_orders_on_exit": False,
        "entry_pricing": PRICING,
        "exit_pricing": PRICING,
        "order_types": order_types(subject, variant),
        "internals": {"process_throttle_secs": 1},
        **_without_metrics(subject.config.get("robustop")),
    }


def _without_metrics(block: Any) -> dict[str, Any]:
    """Return what keeps a rehearsed bot from serving metrics where those of the real bot are expected."""
    return {"robustop": {"metrics": {"enabled": False}}} if block is None or isinstance(block, dict) else {}


def order_types(subject: Subject, variant: Variant) -> dict[str, Any]:
    """Return the strategy's order types, with the stop where the variant wants it."""
    types = {**subject.order_types, "stoploss_on_exchange": variant.stop == "exchange"}
    if variant.stop == "exchange" and not variant.is_futures:
        types["stoploss"] = "limit"  # Binance's spot market has no other stop order
    return types


def api_server(port: int, password: str) -> dict[str, Any]:
    """Return the configuration of the REST API of a bot on this machine."""
    return {
        "enabled": True,
        "listen_ip_address": "127.0.0.1",
        "listen_port": port,
        "username": USER,
        "password": password,
        "jwt_secret_key": "for this machine only, for one rehearsal",
        "ws_token": "for one rehearsal",
        "CORS_origins": [],
        "verbosity": "error",
        "enable_openapi": False,
    }

"""Chooses where the audit goes: a table in a bot's trade database, a file beside the results of a backtest."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from sqlalchemy import Engine, make_url

from robustop_plugin.audit.file import AuditFile
from robustop_plugin.audit.sink import AuditSink, NoAudit
from robustop_plugin.audit.table import AuditTable

BOTS = (RunMode.LIVE, RunMode.DRY_RUN)


def audit_sink(strategy: IStrategy) -> AuditSink:
    """Return the audit's destination."""
    config = strategy.config
    if config.get("runmode") in BOTS:
        # A database in memory has one connection, in which Freqtrade may be in the middle of a change.
        file = file_of_memory(config)
        return AuditTable(_engine) if file is None else AuditFile(file, at_once=True)
    if config.get("runmode") != RunMode.BACKTEST or config.get("export") not in ("trades", "signals"):
        return NoAudit()
    started = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S-%f")
    name = f"robustop-audit-{strategy.get_strategy_name()}-{started}.jsonl"
    return AuditFile(Path(config["exportdirectory"]) / name)


def _engine() -> Engine:
    """Return the engine of the trade database, which Freqtrade opens after the strategy is made."""
    engine: Engine = Trade.session.get_bind()
    return engine


def file_of_memory(config: dict[str, Any]) -> Path | None:
    """Return the audit file of a bot whose trade database is in memory; None if it is not."""
    url = make_url(config.get("db_url") or "sqlite://")
    is_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    return Path(config["user_data_dir"]) / "memory.robustop-audit.jsonl" if is_memory else None

"""Chooses where the audit goes: a table in a bot's trade database, a file beside the results of a backtest."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.strategy import IStrategy
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from robustop_plugin.audit.file import AuditFile
from robustop_plugin.audit.requests import is_table_locked
from robustop_plugin.audit.sink import AuditSink, NoAudit
from robustop_plugin.audit.table import INSERTS, AuditTable
from robustop_plugin.bridge.state.database_health import DatabaseHealth
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.recorder import Recorder

BOTS = (RunMode.LIVE, RunMode.DRY_RUN)


def audit_sink(strategy: IStrategy, health: DatabaseHealth, errors: ErrorReporter) -> AuditSink:
    """Return the audit's destination."""
    config = strategy.config
    if config.get("runmode") in BOTS:
        file = file_without_table(config)
        return _table(health, errors) if file is None else AuditFile(file, at_once=True)
    if config.get("runmode") != RunMode.BACKTEST or config.get("export") not in ("trades", "signals"):
        return NoAudit()
    started = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S-%f")
    name = f"robustop-audit-{strategy.get_strategy_name()}-{started}.jsonl"
    return AuditFile(Path(config["exportdirectory"]) / name)


def flush_at_the_end(strategy: IStrategy, recorder: Recorder) -> None:
    """Store the records that wait when a bot is ended."""
    clean_up = strategy.ft_bot_cleanup

    def flush_and_clean_up() -> None:
        recorder.flush()
        clean_up()

    strategy.ft_bot_cleanup = flush_and_clean_up


def has_open_writes() -> bool:
    """Return True if Freqtrade has written to a SQLite database on this thread, and not committed.

    Another connection would wait for the lock until it times out, and Freqtrade for this thread.
    """
    try:
        return any(_holds_lock(sessions()) for sessions in (Trade.session, _CustomData.session))
    except SQLAlchemyError:
        return True


def _holds_lock(session: Any) -> bool:
    # Asking a session without a transaction for its connection would begin one.
    if session.get_bind().dialect.name != "sqlite" or not session.in_transaction():
        return False
    return bool(session.connection().connection.dbapi_connection.in_transaction)


def _table(health: DatabaseHealth, errors: ErrorReporter) -> AuditTable:
    def may_write() -> bool:
        return not health.writes_failed and not has_open_writes()

    def failed(error: SQLAlchemyError) -> None:
        # Another kind of error concerns this table only. After this one, each write would wait for the same lock.
        if isinstance(error, OperationalError) and not is_table_locked(error):
            health.writes_failed = True
            errors.database_failed(error)

    return AuditTable(_engine, may_write, failed)


def _engine() -> Engine:
    """Return the engine of the trade database, which Freqtrade opens after the strategy is made."""
    engine: Engine = Trade.session.get_bind()
    return engine


def file_without_table(config: dict[str, Any]) -> Path | None:
    """Return the audit file of a bot whose trade database cannot hold the table; None if it can.

    A database in memory has one connection, in which Freqtrade may be in the middle of a change.
    """
    url = make_url(config.get("db_url") or "sqlite://")
    is_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    if url.get_backend_name() in INSERTS and not is_memory:
        return None
    name = "memory" if is_memory else Path(url.database or "trades").stem
    return Path(config["user_data_dir"]) / f"{name}.robustop-audit.jsonl"

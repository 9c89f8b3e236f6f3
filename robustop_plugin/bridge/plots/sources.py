"""Where the audit records come from that a chart is drawn of: a bot's database, or the file of a backtest."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from freqtrade.data.btanalysis import get_latest_backtest_filename, load_backtest_metadata
from freqtrade.enums import RunMode
from freqtrade.persistence import Trade

from robustop_plugin.audit.chart_records import records_since
from robustop_plugin.audit.file import read_audit
from robustop_plugin.audit.stop_path import StopPath, stop_paths
from robustop_plugin.audit.trade_database import open_database, open_trades

BOTS = (RunMode.LIVE, RunMode.DRY_RUN)
PREFIX = "robustop-audit-"
STARTED = "%Y-%m-%d_%H-%M-%S-%f"


class AuditOfRun(NamedTuple):
    """The audit file of one backtest.

    Attributes:
        started: when the backtest began.
        path: the file.
    """

    started: datetime
    path: Path


def paths_of(
    config: dict[str, Any], strategy: str, pair: str, since: float, bot_file: Path | None = None
) -> list[StopPath]:
    """Return the paths of the stops of a pair, the oldest first; none if nothing is recorded.

    Args:
        config: Freqtrade's configuration, whose run mode tells where to look.
        strategy: the name of the strategy.
        pair: the pair's name.
        since: when the chart begins, in seconds since the epoch.
        bot_file: the audit file of a bot whose database cannot hold the table; None if it can.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        DatabaseUnreadable: there is no such database.
        OSError: a file cannot be read.
        ValueError: a file holds something else.
    """
    if config.get("runmode") in BOTS:
        return _of_database(Trade.session.get_bind(), pair, since) if bot_file is None else _of_file(bot_file, pair)
    if config.get("runmode") == RunMode.PLOT and config.get("trade_source") == "DB":
        engine = open_database(config["db_url"])
        try:
            return _of_database(engine, pair, since)
        finally:
            engine.dispose()
    audit = _audit_of_results(config, strategy)
    return [] if audit is None else _of_file(audit, pair)


def _of_database(engine: sa.Engine, pair: str, since: float) -> list[StopPath]:
    """Return the paths in a trade database. What Freqtrade has closed without a record ends with its last step."""
    still_open = {trade.trade_id for trade in open_trades(engine)}
    paths = stop_paths(records_since(engine, pair, since, still_open))
    return [
        replace(path, closed=path.steps[-1].time) if path.closed is None and path.trade_id not in still_open else path
        for path in paths
    ]


def _of_file(file: Path, pair: str) -> list[StopPath]:
    records: Iterable[dict[str, Any]] = read_audit(file) if file.is_file() else ()
    return stop_paths(record for record in records if record["pair"] == pair)


def _audit_of_results(config: dict[str, Any], strategy: str) -> Path | None:
    """Return the audit file of the results that `plot-dataframe` shows; in FreqUI, of the newest backtest."""
    given = Path(config.get("exportfilename") or config["exportdirectory"])
    folder = given if given.is_dir() else given.parent
    audits = sorted(_audits(folder, strategy))
    if config.get("runmode") == RunMode.PLOT:
        result = folder / get_latest_backtest_filename(folder) if given.is_dir() else given
        audits = list(_of_result(audits, result, strategy))[:1]
    return audits[-1].path if audits else None


def _audits(folder: Path, strategy: str) -> Iterator[AuditOfRun]:
    beginning = f"{PREFIX}{strategy}-"
    for path in folder.glob(f"{beginning}*.jsonl"):
        try:
            started = datetime.strptime(path.stem.removeprefix(beginning), STARTED).replace(tzinfo=UTC)
        except ValueError:  # another strategy, whose name only begins like this one
            continue
        yield AuditOfRun(started, path)


def _of_result(audits: list[AuditOfRun], result: Path, strategy: str) -> Iterator[AuditOfRun]:
    """Yield the audits that were begun while a backtest ran: between its start and the storing of its result."""
    about = load_backtest_metadata(result).get(strategy, {})
    begin, end = about.get("backtest_start_time"), result.stat().st_mtime
    for audit in audits:
        if begin is not None and begin <= audit.started.timestamp() <= end:
            yield audit

"""The audit moves to another database: `freqtrade convert-db` leaves it behind, `robustop audit` takes it along."""

import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade, disable_database_use, init_db

from robustop_plugin.audit.table import import_records, read_table
from tests.support import warm
from tests.support.audit_records import record_of
from tests.support.trades import in_database


def run(program: str, *words: str, folder: Path) -> str:
    """Return the output of a command that worked."""
    command = [str(warm.BIN / program), *words]
    result: subprocess.CompletedProcess[str] = warm.run(
        command, cwd=folder, check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_the_audit_follows_a_converted_database(tmp_path: Path, request: pytest.FixtureRequest, target: str) -> None:
    """The new database has the trade at once and the audit after the import, each record once and in its order."""
    old = f"sqlite:///{tmp_path / 'old.sqlite'}"
    new = f"sqlite:///{tmp_path / 'new.sqlite'}" if target == "sqlite" else request.getfixturevalue("database")
    (tmp_path / "user_data").mkdir()
    init_db(old)
    in_database()
    Trade.session.remove()
    records = [record_of(number).to_dict() for number in (2, 1, 3)]
    assert import_records(Trade.session.get_bind(), records) == 3
    Trade.session.get_bind().dispose()
    disable_database_use("5m")

    run("freqtrade", "convert-db", "--db-url-from", old, "--db-url", new, folder=tmp_path)
    engine = sa.create_engine(new)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT pair FROM trades")).scalars().all() == ["HAND/USDT"]
    assert list(read_table(engine)) == []
    run("robustop", "audit", "--db-url", old, "--export", "jsonl", "--output", "audit.jsonl", folder=tmp_path)
    for added in (3, 0):
        said = run("robustop", "audit", "--db-url", new, "--import", "audit.jsonl", folder=tmp_path)
        assert f"{added} of 3 records were added" in said
    assert list(read_table(engine)) == records
    engine.dispose()

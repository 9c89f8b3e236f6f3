"""Two sweep processes share a study in a real PostgreSQL database."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa

from tests.cli.conftest import Options
from tests.conftest import ROOT
from tests.support import warm

SETTINGS = 20
ASKED = [
    *("--sampler", "optuna", "--settings", str(SETTINGS), "--study", "stops", "--evaluator", "freqtrade"),
    *("--objective", "profit", "--min-trades", "1", "--walk-forward", "1", "--train-windows", "1"),
]


def started(where: Options, storage: str, table: Path) -> warm.Process:
    """Return a running sweep process, whose output goes to files beside the table."""
    words = [*where.words, "--out", str(table), "--storage", storage, "--export", str(table.with_suffix(".json"))]
    command = [str(warm.BIN / "robustop"), "sweep", "--strategy", "Swept", *words, *ASKED]
    with table.with_suffix(".out").open("wb") as output, table.with_suffix(".err").open("wb") as errors:
        return warm.start(command, output, errors, cwd=ROOT)


def rows_of(table: Path) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [json.loads(line) for line in table.read_text().splitlines()[1:]]


def test_two_processes_share_one_study(
    where: Options, database: str, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Both processes succeed with the same table and choice, and each evaluates a part of the settings once."""
    tables = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    processes = [started(where, database, table) for table in tables]
    ended = [process.wait(timeout=600) for process in processes]
    said = [table.with_suffix(suffix).read_text() for table in tables for suffix in (".out", ".err")]
    assert ended == [0, 0], said
    assert tables[0].read_bytes() == tables[1].read_bytes()
    for search, study in (("whole", "stops"), ("train 1", "stops train 1")):
        rows = [row for row in rows_of(tables[0]) if row["search"] == search]
        assert len({tuple(row["values"].items()) for row in rows}) == len(rows) == SETTINGS
        trials = optuna.load_study(study_name=study, storage=database).trials
        done = {trial.number: trial for trial in trials if "measured" in trial.user_attrs}
        assert {row["number"]: row["score"] for row in rows} == {number: trial.value for number, trial in done.items()}
        shares = Counter(trial.user_attrs["alive"][0] for trial in done.values())
        tell(f"{search}: {sorted(shares.values())} settings of two processes, {len(trials) - len(done)} given back")
        assert search != "whole" or len(shares) == 2
    chosen = [json.loads(table.with_suffix(".json").read_text())["params"]["robustop"] for table in tables]
    assert chosen[0] == chosen[1]
    secret = str(sa.make_url(database).password)
    assert not [text for text in [*said, tables[0].read_text()] if secret in text]

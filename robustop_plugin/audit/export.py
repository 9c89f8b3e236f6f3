"""Records of the audit as files: JSON Lines, Parquet or CSV, and back."""

import csv
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from robustop_plugin.audit.file import read_audit
from robustop_plugin.audit.record import NAMES

FORMS = ("jsonl", "parquet", "csv")
WHOLE = ("trade_id", "side")
NUMBERS = (*WHOLE, "time", "price", "old_stop", "new_stop")
"""Fields that are numbers, and those that are whole."""


def write_export(records: Iterable[dict[str, Any]], form: str, output: Path) -> None:
    """Write records; outside of JSON Lines the facts are JSON text.

    Raises:
        OSError: the file cannot be written.
    """
    if form == "jsonl":
        output.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
        return
    import pandas as pd  # noqa: PLC0415 (takes a second, and only these need it)

    rows = [{**record, "facts": json.dumps(record["facts"])} for record in records]
    table = pd.DataFrame(rows, columns=list(NAMES))
    table.to_csv(output, index=False) if form == "csv" else table.to_parquet(output, index=False)


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an audit file of a backtest, or of an export; the suffix names its form.

    Raises:
        ValueError: it is no audit.
    """
    form = path.suffix.removeprefix(".")
    if form not in ("parquet", "csv"):
        yield from read_audit(path)
        return
    try:
        for row in _csv_rows(path) if form == "csv" else _parquet_rows(path):
            yield _record(row)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(f"{path} was no audit: {error}") from error


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a CSV file; an empty field is nothing. Python reads each number as it was written."""
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield {name: float(text) if text and name in NUMBERS else text or None for name, text in row.items()}


def _parquet_rows(path: Path) -> Iterator[dict[Any, Any]]:
    import pandas as pd  # noqa: PLC0415 (takes a second, and only these need it)

    yield from pd.read_parquet(path).to_dict("records")


def _record(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row of a table as a record: nothing is None again, whole numbers are whole, and facts are facts."""
    record: dict[str, Any] = {}
    for name in NAMES:
        value = row[name]
        if value is None or (isinstance(value, float) and math.isnan(value)):
            record[name] = None
        else:
            record[name] = int(value) if name in WHOLE else value
    return {**record, "facts": json.loads(record["facts"])}

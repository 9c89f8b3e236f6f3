"""Exports of the audit hold what was recorded, to the last digit, in each form."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustop_plugin.audit.export import FORMS, read_records, write_export
from robustop_plugin.audit.selection import Selection
from tests.support.audit_records import record_of

PRICES = st.none() | st.floats(1e-8, 1e8)
# A text in CSV has no line of its own for "nothing", and no carriage return: an audit has neither.
TEXTS = st.none() | st.text("abc ,;\"'äöü_:%\n", min_size=1)


@pytest.mark.parametrize("form", FORMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(over=st.lists(st.fixed_dictionaries({"price": PRICES, "new_stop": PRICES, "reason": TEXTS, "rule": TEXTS})))
def test_what_is_written_is_read_back(tmp_path: Path, form: str, over: list[dict[str, Any]]) -> None:
    """Every field of every record, numbers as they were, and nothing as nothing."""
    facts = {"entry": 0.1 + 0.2, "atr": None, "rungs": 2, "portion": True, "liquidation": 1e-9}
    records = [record_of(number, facts=facts, **one).to_dict() for number, one in enumerate(over)]
    path = tmp_path / f"audit.{form}"
    write_export(records, form, path)
    assert list(read_records(path)) == records


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_another_file_is_no_audit(tmp_path: Path, form: str) -> None:
    """The error names the file."""
    path = tmp_path / f"other.{form}"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="other"):
        list(read_records(path))


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(trade_id=8), [3]),
        (Selection(pair="HAND/USDT"), [1, 2]),
        (Selection(since=1735689602.5), [2, 3]),
        (Selection(until=1735689602.5), [1]),
        (Selection(engines=("manual", "host")), [2]),
        (Selection(rules=("trail",)), [3]),
        (Selection(actions=("closed", "adjusted")), [2]),
        (Selection(trade_id=7, rules=("trail",)), []),
    ],
)
def test_records_are_chosen_by_each_field(wanted: Selection, numbers: list[int]) -> None:
    """What is not given restricts nothing; several restrictions hold together."""
    records = [
        record_of(1),
        record_of(2, engine="manual", rule="stop", action="adjusted"),
        record_of(3, trade_id=8, pair="OTHER/USDT", rule="trail"),
    ]
    found = wanted.of(record.to_dict() for record in records)
    assert [int(record["token"][-1]) for record in found] == numbers

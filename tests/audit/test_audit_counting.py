"""The counting sink: what each audit record counts as."""

from typing import Any

import pytest

from robustop_plugin.audit.counting import CountingSink
from robustop_plugin.metrics.catalogue import METRICS, vocabulary
from robustop_plugin.metrics.counters import Counters
from tests.support.audit_records import record_of

BUILD = {"version": "1", "freqtrade": "2", "strategy": "S", "mode": "live"}
FIRST = {"old_stop": 90.0, "facts": {"initial_stop": 90.0}}


def counted(*records: dict[str, Any], since: float = 0.0) -> dict[tuple[str, ...], float]:
    """Return the counts that are not 0, by name and labels."""
    counters = Counters(vocabulary(("hand_span", "r_ladder"), ("2R", "portion"), BUILD))
    sink = CountingSink(counters, since)
    for record in records:
        sink.write(record_of(1, **record))
    sink.flush()
    names = [metric.name for metric in METRICS if metric.kind == "counter"]
    counts = {(name, *labels): count for name in names for labels, count in counters.counts(name).items()}
    return {key: count for key, count in counts.items() if count}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, [("robustop_stop_moves_total", "hand_span", "breakeven")]),
        ({"engine": "mine"}, [("robustop_stop_moves_total", "other", "breakeven")]),
        (
            {"engine": "r_ladder", "rule": "trail", **FIRST},
            [("robustop_activations_total",), ("robustop_stop_moves_total", "r_ladder", "trail")],
        ),
        ({"action": "host", "engine": "native"}, [("robustop_host_stop_moves_total", "native")]),
        ({"action": "initial", "old_stop": None}, [("robustop_positions_opened_total",)]),
        ({"action": "adopted", "old_stop": None}, [("robustop_positions_opened_total",)]),
        ({"action": "initial", "old_stop": 90.0}, []),
        ({"action": "reduce", "reason": "robustop_2R"}, [("robustop_rungs_taken_total", "2R")]),
        ({"action": "reduce", "reason": "robustop_portion"}, [("robustop_rungs_taken_total", "portion")]),
        ({"action": "reduce", "reason": "robustop_portion_2R: answer lost"}, [("robustop_rungs_taken_total", "2R")]),
        ({"action": "reduce", "reason": "robustop_7R"}, [("robustop_rungs_taken_total", "other")]),
        ({"action": "closed", "reason": "trailing_stop_loss"}, [("robustop_exits_total", "trailing_stop_loss")]),
        ({"action": "closed", "reason": "robustop_stop_guard"}, [("robustop_exits_total", "robustop_stop_guard")]),
        ({"action": "closed", "reason": "my own words"}, [("robustop_exits_total", "other")]),
        ({"action": "refused"}, [("robustop_entries_refused_total",)]),
        *(({"action": action}, []) for action in ("wait", "exit", "error", "breaker", "averaged", "published")),
    ],
)
def test_what_a_record_counts_as(record: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    """Each counts once, under its labels; what is not named counts as other."""
    assert counted(record) == dict.fromkeys(expected, 1.0)


def test_what_happened_before_the_start_is_not_counted() -> None:
    """A bot that starts records ends of trades again, dated as they were."""
    record = {"action": "closed", "reason": "roi", "time": 1000.0}
    assert counted(record, since=1000.5) == {}
    assert counted(record, since=1000.0) == {("robustop_exits_total", "roi"): 1.0}

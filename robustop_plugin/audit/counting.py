"""A sink that counts audit records for the metrics, and keeps none of them."""

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.metrics.counters import Counters

FIRST_STOPS = ("initial", "adopted")
RUNG = "robustop_"


class CountingSink:
    """Turns each record into counts.

    Attributes:
        counters: What is counted.
        since: Older records are not counted, in seconds since the epoch: a bot that starts records the ends of
            trades again that it may not have recorded before.
    """

    def __init__(self, counters: Counters, since: float) -> None:
        """Take the counters, and when the bot was started."""
        self.counters = counters
        self.since = since

    def write(self, record: AuditRecord) -> None:
        """Count a record."""
        if record.time < self.since:
            return
        action, count = record.action, self.counters.add
        if action == "move":
            count("robustop_stop_moves_total", record.engine or "", record.rule or "")
            if record.old_stop == record.facts.get("initial_stop"):
                count("robustop_activations_total")
        elif action == "host":
            count("robustop_host_stop_moves_total", record.engine or "")
        elif action in FIRST_STOPS and record.old_stop is None:
            count("robustop_positions_opened_total")
        elif action == "reduce":
            count("robustop_rungs_taken_total", rung_of(record.reason or ""))
        elif action == "closed":
            count("robustop_exits_total", record.reason or "")
        elif action == "refused":
            count("robustop_entries_refused_total")

    def flush(self) -> None:
        """Do nothing: there is nothing to store."""


def rung_of(reason: str) -> str:
    """Return the name of a rung from the tag of its order, such as `2R` from `robustop_portion_2R: answer lost`."""
    return reason.partition(":")[0].rpartition("_")[2]

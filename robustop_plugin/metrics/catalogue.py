"""Every metric that the exporter serves: its name, its kind, its labels and what it says. Start here for a new one."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Literal, NamedTuple

from robustop_plugin.core.asked_stop import MANUAL
from robustop_plugin.core.decision import Phase, Rule
from robustop_plugin.core.exit_reason import ExitReason

OTHER = "other"
"""What a label says for everything that it does not name: labels are bounded."""

Kind = Literal["counter", "gauge", "histogram"]


class Metric(NamedTuple):
    """One metric.

    Attributes:
        name: As it is served.
        kind: A counter only grows, until the bot is started again; a gauge says what is the case now.
        says: One sentence.
        labels: Names of its labels.
        buckets: Upper bounds of a histogram, in the unit of the name; the last is infinity, which is not listed.
    """

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


SHADOWED, UNMANAGED = "SHADOWED", "UNMANAGED"
"""Phases of positions without a state: robustop only decides about them, or leaves them alone."""
DISTANCES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Upper bounds of the distances from the price to the stop, in R."""
OF_FREQTRADE = (
    "stop_loss",
    "trailing_stop_loss",
    "stoploss_on_exchange",
    "liquidation",
    "roi",
    "exit_signal",
    "force_exit",
    "emergency_exit",
)
"""Freqtrade's own reasons for an exit."""
REFUSED, DOUBLED, LOST = "refused", "doubled", "lost"
STOP_ORDER, OTHER_ORDER = "stop", "other"

METRICS = (
    Metric("robustop_open_positions", "gauge", "Open positions, by the phase of the trade.", ("phase",)),
    Metric(
        "robustop_unprotected_positions",
        "gauge",
        "Positions that nothing protects: no stop order rests where it should, or the bot checks the stop itself and "
        "has not looked at the position in its last three loops.",
    ),
    Metric(
        "robustop_profitable_positions_stop_below_entry",
        "gauge",
        "Positions with a profit of more than 1 R whose stop is on the losing side of the entry, among those whose "
        "engines move stops.",
    ),
    Metric(
        "robustop_positions_by_stop_distance",
        "gauge",
        "Open positions by the distance from the last price to the stop, in R: each is counted once, at the smallest "
        "bound that its distance does not exceed.",
        ("up_to_r",),
    ),
    Metric(
        "robustop_smallest_stop_distance_r",
        "gauge",
        "The smallest distance from the last price to the stop of an open position, in R; 0 without positions.",
    ),
    Metric(
        "robustop_activated_positions",
        "gauge",
        "Open positions whose stop an engine has tightened since the entry.",
    ),
    Metric("robustop_breaker_open", "gauge", "Breakers that are open now: one for each trade and question."),
    Metric("robustop_loop_age_seconds", "gauge", "Seconds since the bot's last loop began: its heartbeat."),
    Metric(
        "robustop_oldest_look_age_seconds",
        "gauge",
        "Seconds since the last look at the position that has waited longest; 0 without positions.",
    ),
    Metric("robustop_start_time_seconds", "gauge", "When the bot was started, in seconds since the epoch."),
    Metric(
        "robustop_build_info",
        "gauge",
        "Always 1; the labels say what runs.",
        ("version", "freqtrade", "strategy", "mode"),
    ),
    Metric("robustop_loops_total", "counter", "Loops that the bot has begun."),
    Metric("robustop_positions_opened_total", "counter", "Positions that got their first stop, adopted ones included."),
    Metric(
        "robustop_activations_total",
        "counter",
        "Positions whose stop left its initial place: with robustop_positions_opened_total the activation rate.",
    ),
    Metric("robustop_stop_moves_total", "counter", "Moves of the stop, by engine and rule.", ("engine", "rule")),
    Metric(
        "robustop_host_stop_moves_total",
        "counter",
        "Moves of Freqtrade's stop that robustop did not make, by who made them.",
        ("by",),
    ),
    Metric("robustop_stop_moves_held_total", "counter", "Tighter levels that the gate held back at first."),
    Metric(
        "robustop_rungs_taken_total", "counter", "Partial exits that were filled, by their highest rung.", ("rung",)
    ),
    Metric("robustop_exits_total", "counter", "Positions that were closed, by reason.", ("reason",)),
    Metric("robustop_entries_refused_total", "counter", "Entries that robustop refused."),
    Metric("robustop_callback_errors_total", "counter", "Errors of robustop's own that it survived."),
    Metric("robustop_breaker_openings_total", "counter", "Breakers that were opened."),
    Metric("robustop_orders_total", "counter", "Orders that Freqtrade has sent, refused ones included.", ("kind",)),
    Metric(
        "robustop_order_conflicts_total",
        "counter",
        "Orders that the exchange refused, whose answer was lost, or stop orders found beside the one that is known.",
        ("kind",),
    ),
    Metric(
        "robustop_stop_update_seconds",
        "histogram",
        "From when robustop gets the price of a tick that moves the stop until Freqtrade's stop is the new one, with "
        "state and audit record written.",
        buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
    ),
    Metric(
        "robustop_stop_order_move_seconds",
        "histogram",
        "From when the stop moved until the stop order at the exchange was seen to have moved.",
        buckets=(1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0),
    ),
)
BY_NAME = {metric.name: metric for metric in METRICS}

Labels = tuple[str, ...]
Vocabulary = Mapping[tuple[str, str], Sequence[str]]
"""The values of each label that names things, by metric and label."""


def vocabulary(engines: Sequence[str], rungs: Sequence[str], build: Mapping[str, str]) -> dict[tuple[str, str], Labels]:
    """Return the values of all labels.

    Args:
        engines: Names of the engines.
        rungs: Names of the rungs in the settings, such as `2R`.
        build: What runs, by label of `robustop_build_info`.
    """
    bounds = (*(f"{bound:g}" for bound in DISTANCES), "+Inf")
    ours = (f"robustop_{reason.lower()}" for reason in ExitReason)
    return {
        ("robustop_open_positions", "phase"): (*(phase.name for phase in Phase), SHADOWED, UNMANAGED),
        ("robustop_positions_by_stop_distance", "up_to_r"): bounds,
        ("robustop_stop_moves_total", "engine"): (*engines, MANUAL, OTHER),
        ("robustop_stop_moves_total", "rule"): tuple(str(rule) for rule in Rule if rule is not Rule.INITIAL),
        ("robustop_host_stop_moves_total", "by"): ("host", "native", "strategy"),
        ("robustop_rungs_taken_total", "rung"): (*rungs, OTHER),
        ("robustop_exits_total", "reason"): (*OF_FREQTRADE, *ours, OTHER),
        ("robustop_orders_total", "kind"): (STOP_ORDER, OTHER_ORDER),
        ("robustop_order_conflicts_total", "kind"): (REFUSED, DOUBLED, LOST),
        **{("robustop_build_info", label): (build[label],) for label in BY_NAME["robustop_build_info"].labels},
    }


def label_sets(metric: Metric, values: Vocabulary) -> Iterator[Labels]:
    """Yield all label sets of a metric; one without labels has one."""
    yield from product(*(values[metric.name, label] for label in metric.labels))

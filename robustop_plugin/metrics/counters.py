"""The numbers that only grow: counters and histograms, which begin at 0 with all their label sets."""

from bisect import bisect_left
from threading import Lock
from typing import NamedTuple

from robustop_plugin.metrics.catalogue import BY_NAME, METRICS, OTHER, Labels, Vocabulary, label_sets


class Histogram(NamedTuple):
    """What a histogram holds.

    Attributes:
        counts: How many values fell into each bucket, the last of them without an upper bound.
        total: The sum of all values.
    """

    counts: tuple[int, ...]
    total: float


class Counters:
    """Counters and histograms. The threads of a bot and of its exporter use them at the same time."""

    def __init__(self, values: Vocabulary) -> None:
        """Begin at 0, with every label set that there can be."""
        self._lock = Lock()
        self._values = values
        self._counts: dict[str, dict[Labels, float]] = {
            metric.name: dict.fromkeys(label_sets(metric, values), 0.0)
            for metric in METRICS
            if metric.kind == "counter"
        }
        self._histograms = {
            metric.name: ([0] * (len(metric.buckets) + 1), [0.0]) for metric in METRICS if metric.kind == "histogram"
        }

    def add(self, name: str, *labels: str) -> None:
        """Count one event; a label value that is not known counts as `other`, or not at all."""
        counts = self._counts[name]
        known = labels if labels in counts else self._bounded(name, labels)
        with self._lock:
            if known in counts:
                counts[known] += 1

    def _bounded(self, name: str, labels: Labels) -> Labels:
        names = BY_NAME[name].labels
        return tuple(
            value if value in self._values[name, label] else OTHER for label, value in zip(names, labels, strict=True)
        )

    def observe(self, name: str, value: float) -> None:
        """Add a value to a histogram; one below 0, after a clock was set back, counts as 0."""
        value = max(0.0, value)
        counts, total = self._histograms[name]
        with self._lock:
            counts[bisect_left(BY_NAME[name].buckets, value)] += 1
            total[0] += value

    def counts(self, name: str) -> dict[Labels, float]:
        """Return the counts of a counter, by label set."""
        with self._lock:
            return dict(self._counts[name])

    def histogram(self, name: str) -> Histogram:
        """Return what a histogram holds."""
        with self._lock:
            counts, total = self._histograms[name]
            return Histogram(tuple(counts), total[0])

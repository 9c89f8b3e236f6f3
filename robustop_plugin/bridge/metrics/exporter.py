"""Serves the metrics of a bot over HTTP, in the format of Prometheus. The package is imported when it is needed."""

import ipaddress
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from robustop_plugin.bridge.metrics.positions import Samples
from robustop_plugin.metrics.catalogue import METRICS, Metric, Vocabulary, label_sets
from robustop_plugin.metrics.counters import Counters
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

INSTALL = 'pip install "robustop[metrics]"'


def metrics_conflicts(settings: Settings) -> Iterator[str]:
    """Yield what keeps a bot from serving metrics that the settings want: the package that is missing."""
    block = settings.default.metrics
    if block is not None and block.enabled and find_spec("prometheus_client") is None:
        yield (
            f"robustop.metrics.enabled was True: the package prometheus-client is not installed; {INSTALL}, or set it "
            "to False."
        )


def is_loopback(host: str) -> bool:
    """Return True if only programs on this machine reach a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def exposure(host: str) -> str | None:
    """Return what is to be known about a host that other machines reach; None for one on this machine."""
    if is_loopback(host):
        return None
    return (
        f"robustop.metrics.host is {host}: everyone who reaches this port can read the metrics, without a password; "
        "127.0.0.1 keeps them on this machine"
    )


class Exporter:
    """Collects the metrics on each scrape, in a thread of the server.

    Attributes:
        counters: What only grows.
        values: The values of all labels.
        gauges: Returns the gauges that are not 0, and counters that are kept elsewhere.
    """

    def __init__(self, counters: Counters, values: Vocabulary, gauges: Callable[[], Samples]) -> None:
        """Take what is served."""
        self.counters = counters
        self.values = values
        self.gauges = gauges
        self._server: Any = None
        self._thread: Any = None

    def start(self, host: str, port: int) -> None:
        """Serve from now on.

        Raises:
            OSError: The port is in use, or the host is none of this machine.
        """
        from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415 (an extra)

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        self._server, self._thread = start_http_server(port, addr=host, registry=registry)

    def close(self) -> None:
        """Stop serving, and free the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def collect(self) -> Iterable[Any]:
        """Yield every metric with all its label sets. It never fails, and no value is ever not a number."""
        try:
            samples = self.gauges()
        except Exception:
            logger.exception("robustop: the gauges of the metrics could not be computed")
            samples = {}
        for metric in METRICS:
            yield self._histogram(metric) if metric.kind == "histogram" else self._family(metric, samples)

    def _family(self, metric: Metric, samples: Samples) -> Any:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 (an extra)

        found = dict(self.counters.counts(metric.name)) if metric.kind == "counter" else {}
        found.update(samples.get(metric.name, {}))
        family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        served = family(metric.name, metric.says, labels=metric.labels)
        for labels in label_sets(metric, self.values):
            value = float(found.get(labels, 0.0))
            served.add_metric(labels, value if math.isfinite(value) else 0.0)
        return served

    def _histogram(self, metric: Metric) -> Any:
        from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 (an extra)

        held = self.counters.histogram(metric.name)
        bounds = (*(f"{bound:g}" for bound in metric.buckets), "+Inf")
        served = HistogramMetricFamily(metric.name, metric.says)
        served.add_metric((), list(zip(bounds, accumulate(held.counts), strict=True)), held.total)
        return served


def ages(began: float, started_at: float) -> Samples:
    """Return the metrics that say when: computed on scrape, because they grow without an event."""
    return {
        "robustop_loop_age_seconds": {(): time.monotonic() - began},
        "robustop_start_time_seconds": {(): started_at},
    }

"""The exporter over HTTP: every label set at 0 at first, no value that is no number, and a scrape that never fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from robustop_plugin.bridge.metrics.exporter import Exporter, exposure
from robustop_plugin.bridge.metrics.positions import Samples
from robustop_plugin.metrics.catalogue import METRICS, label_sets, vocabulary
from robustop_plugin.metrics.counters import Counters
from tests.support.bot import free_port
from tests.support.prometheus import parsed, text_at, value

VALUES = vocabulary(
    ("hand_span", "r_ladder"),
    ("2R", "3R"),
    {"version": "1", "freqtrade": "2", "strategy": 'A "quoted"\nname', "mode": "live"},
)


@contextmanager
def serving(gauges: Callable[[], Samples] = dict) -> Iterator[tuple[Counters, int]]:
    """Serve counters and gauges on a free port."""
    counters, port = Counters(VALUES), free_port()
    exporter = Exporter(counters, VALUES, gauges)
    exporter.start("127.0.0.1", port)
    try:
        yield counters, port
    finally:
        exporter.close()


def test_every_label_set_is_there_at_0() -> None:
    """Before anything happens: a counter that is first seen at 1 never shows in `increase()`."""
    with serving() as (_, port):
        text = text_at(port)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    plain = [metric for metric in METRICS if metric.kind != "histogram"]
    buckets = [len(metric.buckets) + 3 for metric in METRICS if metric.kind == "histogram"]
    assert len(lines) == sum(len(list(label_sets(metric, VALUES))) for metric in plain) + sum(buckets)
    assert {line.rpartition(" ")[2] for line in lines} == {"0.0"}
    typed = {tuple(line.split()[2:]) for line in text.splitlines() if line.startswith("# TYPE")}
    assert typed == {(metric.name, metric.kind) for metric in METRICS}
    assert r'strategy="A \"quoted\"\nname"' in text


def test_what_is_counted_is_served() -> None:
    """Counts, a histogram with its sum, and gauges."""
    with serving(lambda: {"robustop_open_positions": {("INITIAL_RISK",): 2.0}}) as (counters, port):
        counters.add("robustop_orders_total", "stop")
        for seconds in (0.0009, 0.1, 0.11, 9.0, -5.0):
            counters.observe("robustop_stop_update_seconds", seconds)
        found = parsed(text_at(port))
    assert value(found, "robustop_orders_total", kind="stop") == 1
    assert value(found, "robustop_open_positions", phase="INITIAL_RISK") == 2
    at_most = {
        bound: value(found, "robustop_stop_update_seconds_bucket", le=bound) for bound in ("0.001", "0.1", "2.5")
    }
    assert at_most == {"0.001": 2, "0.1": 3, "2.5": 4}
    assert value(found, "robustop_stop_update_seconds_count") == 5
    assert value(found, "robustop_stop_update_seconds_sum") == pytest.approx(9.2109)


def test_no_value_is_ever_not_a_number() -> None:
    """NaN would escape every comparison of an alert."""
    wrong = {"robustop_smallest_stop_distance_r": {(): float("nan")}, "robustop_breaker_open": {(): float("inf")}}
    with serving(lambda: wrong) as (_, port):
        assert set(parsed(text_at(port)).values()) == {0.0}


def test_a_scrape_survives_an_error() -> None:
    """Counters are served although the gauges fail."""

    def fails() -> Samples:
        raise RuntimeError("broken on purpose")

    with serving(fails) as (counters, port):
        counters.add("robustop_loops_total")
        assert value(parsed(text_at(port)), "robustop_loops_total") == 1


def test_the_port_is_free_again() -> None:
    """Closed and started on the same port, three times, as `/reload_config` does; closing twice is fine."""
    port = free_port()
    for _ in range(3):
        exporter = Exporter(Counters(VALUES), VALUES, dict)
        exporter.start("127.0.0.1", port)
        text_at(port)
        exporter.close()
        exporter.close()


def test_a_port_in_use() -> None:
    """The second one on a port is refused, and can be closed all the same."""
    with serving() as (_, port):
        second = Exporter(Counters(VALUES), VALUES, dict)
        with pytest.raises(OSError, match="in use"):
            second.start("127.0.0.1", port)
        second.close()


def test_counts_of_many_threads() -> None:
    """No count is lost, and none that was seen gets smaller."""
    with serving() as (counters, port):
        threads = [
            threading.Thread(target=lambda: [counters.add("robustop_loops_total") for _ in range(5000)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        seen = [value(parsed(text_at(port)), "robustop_loops_total") for _ in range(5)]
        for thread in threads:
            thread.join()
        assert all(before <= after for before, after in pairwise(seen))
        assert value(parsed(text_at(port)), "robustop_loops_total") == 20_000


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_a_host_on_this_machine(host: str) -> None:
    """Nothing is said about it."""
    assert exposure(host) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "bot.example.org"])  # noqa: S104 (only named)
def test_a_host_that_others_reach(host: str) -> None:
    """A warning names it."""
    said = exposure(host)
    assert said is not None
    assert said.startswith(f"robustop.metrics.host is {host}: everyone")

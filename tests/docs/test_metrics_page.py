"""The page of the metrics lists what the exporter serves, and the page of the alerts what is installed."""

import re

import pytest

from robustop_plugin.metrics.catalogue import METRICS, vocabulary
from tests.conftest import ROOT
from tests.support.prometheus import alerts

PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how_to" / "watch_with_prometheus.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(robustop_\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$", PAGE, re.MULTILINE)
VALUES = vocabulary((), (), dict.fromkeys(("version", "freqtrade", "strategy", "mode"), "live"))


def test_the_table_is_the_catalogue() -> None:
    """Names, kinds and what they say, in the order of a scrape."""
    assert [(name, kind, says) for name, kind, _, says in ROWS] == [
        (metric.name, metric.kind, metric.says) for metric in METRICS
    ]


@pytest.mark.parametrize(("name", "labels"), [(name, labels) for name, _, labels, _ in ROWS])
def test_the_labels_are_those_of_the_catalogue(name: str, labels: str) -> None:
    """Each label with all its values, unless the settings or the releases name them."""
    (metric,) = [metric for metric in METRICS if metric.name == name]
    shown = dict(re.findall(r"`(\w+)`: ([^;]+)", labels))
    assert tuple(shown) == metric.labels
    for label, words in shown.items():
        assert set(VALUES[name, label]) <= set(re.findall(r"`([^`]+)`", words)) | {"live"}


def test_the_alerts_are_those_that_are_installed() -> None:
    """Each has its row."""
    assert sorted(re.findall(r"^\| `(Robustop\w+)` \|", HOW_TO, re.MULTILINE)) == sorted(alerts())


def test_names_in_the_text_exist() -> None:
    """Every metric that a page names."""
    names = {metric.name for metric in METRICS}
    for page in (PAGE, HOW_TO):
        named = set(re.findall(r"`(robustop_\w+)`", page))
        tags = {value for values in VALUES.values() for value in values}
        assert named - tags - {"robustop_alerts", "robustop_dashboard"} <= names

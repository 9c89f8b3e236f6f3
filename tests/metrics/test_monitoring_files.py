"""The files for Prometheus and Grafana: they are valid, and name just the metrics that the exporter serves."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.metrics.catalogue import METRICS
from robustop_plugin.metrics.files import NAMES, install, text_of
from tests.support.prometheus import alerts, promtool

SUFFIXES = ("_bucket", "_count", "_sum")
SERVED = {
    f"{metric.name}{suffix}" for metric in METRICS for suffix in (SUFFIXES if metric.kind == "histogram" else ("",))
}
"""The names of all samples of a scrape."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files."""
    install(tmp_path, force=False)
    return tmp_path


def queries() -> Iterator[str]:
    """Yield the queries of the dashboard, those of its variables included."""
    dashboard: dict[str, Any] = json.loads(text_of("robustop_dashboard.json"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (one["definition"] for one in dashboard["templating"]["list"] if one["type"] == "query")


def names_in(text: str) -> set[str]:
    """Return the metrics that a query names."""
    return set(re.findall(r"\brobustop_\w+", text))


def expressions() -> dict[str, str]:
    """Return the expression of each alert; YAML folds its lines."""
    parts = re.split(r"- alert: ", text_of("robustop_alerts.yml"))[1:]
    found = {}
    for part in parts:
        words = re.search(r"expr: (?:>-)?(.+?)\n +(?:for|labels):", part, re.DOTALL)
        assert words is not None
        found[part.split()[0]] = " ".join(words.group(1).split())
    return found


def test_the_dashboard_names_what_is_served() -> None:
    """No query names a metric that there is not."""
    assert len(list(queries())) > 25
    for query in queries():
        assert names_in(query) <= SERVED, query
        assert names_in(query), query


def test_the_alerts_name_what_is_served() -> None:
    """No expression names a metric that there is not."""
    assert set(expressions()) == set(alerts())
    for name, words in expressions().items():
        assert names_in(words) <= SERVED, name
        assert names_in(words), name


def test_everything_that_is_served_is_shown() -> None:
    """Every metric is in the dashboard."""
    shown = {name for query in queries() for name in names_in(query)}
    missing = {
        metric.name for metric in METRICS if not any(f"{metric.name}{suffix}" in shown for suffix in ("", *SUFFIXES))
    }
    assert missing == set()


def test_labels_of_queries_are_labels() -> None:
    """A query sums only by labels that its metric has."""
    known = {label for metric in METRICS for label in metric.labels} | {"le", "job", "instance"}
    used = {label for query in [*queries(), *expressions().values()] for label in grouped_by(query)}
    assert used <= known


def grouped_by(query: str) -> Iterator[str]:
    """Yield the labels by which a query groups."""
    for labels in re.findall(r"\b(?:by|ignoring) ?\(([^)]*)\)", query):
        yield from (label.strip() for label in labels.split(","))


def test_the_dashboard_has_no_overlapping_panels() -> None:
    """Each panel has a place, a title and a description of its own."""
    panels = json.loads(text_of("robustop_dashboard.json"))["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels)


def test_promtool_accepts_the_files(folder: Path) -> None:
    """The alerts and the configuration that reads them."""
    for words in (["check", "rules", "robustop_alerts.yml"], ["check", "config", "prometheus.yml"]):
        subprocess.run([promtool(), *words], cwd=folder, capture_output=True, check=True)


def test_promtool_accepts_the_queries_of_the_dashboard(folder: Path) -> None:
    """As rules that record, with the variables of the dashboard filled in."""
    lines = ["groups:", "  - name: dashboard", "    rules:"]
    for number, query in enumerate(query for query in queries() if not query.startswith("label_values")):
        filled = query.replace("$job", "robustop").replace("$instance", ".*")
        lines += [f"      - record: query_{number}", f"        expr: {json.dumps(filled)}"]
    (folder / "queries.yml").write_text("\n".join(lines) + "\n")
    subprocess.run([promtool(), "check", "rules", "queries.yml"], cwd=folder, capture_output=True, check=True)


def test_nothing_is_missing() -> None:
    """The files that are installed are those of the package."""
    here = Path(__file__).parents[2] / "robustop_plugin" / "metrics" / "files"
    assert sorted(path.name for path in here.iterdir()) == sorted(NAMES)

"""A real Prometheus with the files as they are installed: it scrapes, every panel has data, and its alert fires."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from robustop_plugin.bridge.metrics.exporter import Exporter
from robustop_plugin.metrics.catalogue import vocabulary
from robustop_plugin.metrics.counters import Counters
from robustop_plugin.metrics.files import install, text_of
from tests.support.bot import eventually, free_port

VALUES = vocabulary(("hand_span",), ("2R",), {"version": "1", "freqtrade": "2", "strategy": "S", "mode": "live"})
UNPROTECTED = {
    "robustop_unprotected_positions": {(): 1.0},
    "robustop_build_info": {("1", "2", "S", "live"): 1.0},
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes an exporter with one unprotected position, once a second."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus: apt-get install prometheus")
    exporter, port, own = Exporter(Counters(VALUES), VALUES, lambda: UNPROTECTED), free_port(), free_port()
    exporter.start("127.0.0.1", port)
    config, rules, _ = install(tmp_path, force=False)
    config.write_text(config.read_text().replace("15s", "1s").replace("9464", f"{port}"))
    rules.write_text(rules.read_text().replace("for: 1m", "for: 2s"))
    words = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{own}"]
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*words, f"--storage.tsdb.path={tmp_path / 'data'}"], stdout=log, stderr=log)
    yield f"http://127.0.0.1:{own}/api/v1"
    process.terminate()
    process.wait()
    exporter.close()


def asked(url: str) -> Any:
    """Return the data of an answer; None while there is none."""
    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 (loopback)
            return json.load(answer)["data"]
    except OSError:
        return None


def firing(server: str) -> list[str]:
    """Return the alerts that fire."""
    found = asked(f"{server}/alerts") or {"alerts": []}
    return sorted(alert["labels"]["alertname"] for alert in found["alerts"] if alert["state"] == "firing")


def test_the_installed_files_work_together(server: str) -> None:
    """The alert of the position fires, and no other; then every query of the dashboard finds series."""
    # A Prometheus finds its targets after five seconds: until then the bot is absent.
    eventually(lambda: firing(server) == ["RobustopPositionUnprotected"], "the alert, and no other")
    queries = [
        target["expr"].replace("$job", "robustop").replace("$instance", ".*")
        for panel in json.loads(text_of("robustop_dashboard.json"))["panels"]
        for target in panel["targets"]
    ]
    empty = [query for query in queries if not asked(f"{server}/query?query={quote(query)}")["result"]]
    # What is shown only where it is more than 0.
    assert [query for query in empty if not query.endswith("> 0")] == []

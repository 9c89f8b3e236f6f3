"""`robustop metrics`: the figures of a bot as a table and as JSON, and the files for Prometheus and Grafana."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.bridge.metrics.exporter import Exporter
from robustop_plugin.cli.main import main
from robustop_plugin.metrics.catalogue import vocabulary
from robustop_plugin.metrics.counters import Counters
from tests.support.bot import free_port

VALUES = vocabulary(("hand_span",), (), {"version": "9", "freqtrade": "2", "strategy": "Mine", "mode": "live"})


def run(*words: str) -> Result:
    """Return output and exit status of the command."""
    return CliRunner().invoke(main, ["metrics", *words], env={"COLUMNS": "140"})


@pytest.fixture
def url() -> Iterator[str]:
    """Serve the metrics of a bot with one position."""
    port, counters = free_port(), Counters(VALUES)
    counters.add("robustop_stop_moves_total", "hand_span", "trail")
    for seconds in (0.002, 0.004):
        counters.observe("robustop_stop_update_seconds", seconds)
    gauges = {
        "robustop_open_positions": {("INITIAL_RISK",): 1.0},
        "robustop_build_info": {("9", "2", "Mine", "live"): 1.0},
    }
    exporter = Exporter(counters, VALUES, lambda: gauges)  # type: ignore[arg-type, return-value]
    exporter.start("127.0.0.1", port)
    yield f"http://127.0.0.1:{port}/metrics"
    exporter.close()


def lines_of(result: Result) -> list[list[str]]:
    """Return the cells of the table."""
    assert result.exit_code == 0, result.output
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]


def test_a_person_reads_it(url: str) -> None:
    """What is not 0, and what is alone in its name."""
    lines = lines_of(run("--url", url))
    assert ["open_positions", "phase INITIAL_RISK", "1"] in lines
    assert ["stop_moves_total", "engine hand_span, rule trail", "1"] in lines
    assert ["stop_update_seconds", "count", "2"] in lines
    assert ["stop_update_seconds", "mean", "0.003"] in lines
    assert ["unprotected_positions", "", "0"] in lines
    assert not [line for line in lines if "SHADOWED" in line[1]]
    assert ["open_positions", "phase SHADOWED", "0"] in lines_of(run("--url", url, "--all"))


def test_a_program_reads_it(url: str) -> None:
    """Every figure, with its labels."""
    found = json.loads(run("--url", url, "--json").stdout)
    assert found["url"] == url
    assert {"name": "robustop_open_positions", "labels": {"phase": "INITIAL_RISK"}, "value": 1.0} in found["figures"]
    assert {"name": "robustop_open_positions", "labels": {"phase": "SHADOWED"}, "value": 0.0} in found["figures"]


def test_nothing_answers() -> None:
    """Exit status 1, and what to look at."""
    result = run("--url", f"http://127.0.0.1:{free_port()}/metrics")
    assert result.exit_code == 1
    assert 'is the bot running, with {"robustop": {"metrics": {"enabled": true}}}' in result.stderr


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Serve something else: other metrics, words, and an error."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/gone" else 200)
            self.end_headers()
            self.wfile.write(b"up 1\n" if self.path == "/up" else b"<html>{ no\n")

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "status"), [("/up", 2), ("/words", 2), ("/gone", 1)])
def test_something_else_answers(elsewhere: str, path: str, status: int) -> None:
    """One line, and no table."""
    result = run("--url", elsewhere + path)
    assert result.exit_code == status
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/metrics", "metrics", "http://127.0.0.1:port/metrics"])
def test_no_url(url: str) -> None:
    """A bad address is named."""
    result = run("--url", url)
    assert result.exit_code == 2
    assert f"url was {url!r}" in result.stderr


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    result = run()
    assert (result.exit_code, 'pip install "robustop[metrics]"' in result.stderr) == (2, True)


def test_install_never_overwrites_what_was_changed(tmp_path: Path) -> None:
    """The files once, again, and after a change: nothing is written then, unless it is forced."""
    folder = tmp_path / "to" / "monitoring"
    first = run("install", str(folder))
    assert first.exit_code == 0, first.output
    assert "next: prometheus --config.file=" in first.stdout
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(written) == 3
    assert run("install", str(folder)).exit_code == 0
    (folder / "prometheus.yml").write_text("mine")
    (folder / "robustop_alerts.yml").unlink()
    refused = run("install", str(folder))
    assert refused.exit_code == 1
    assert f"{folder / 'prometheus.yml'} was changed, and stays" in refused.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["prometheus.yml", "robustop_dashboard.json"]
    assert (folder / "prometheus.yml").read_text() == "mine"
    assert run("install", str(folder), "--force").exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written


def test_install_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A file is in the way."""
    (tmp_path / "file").touch()
    result = run("install", str(tmp_path / "file" / "below"))
    assert (result.exit_code, "could not be written" in result.stderr) == (2, True)

"""The command itself: input that is refused, dry runs, what cannot be read, reports that are kept and shown."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main
from robustop_plugin.cli.monitor_options import EPILOG
from robustop_plugin.cli.monitor_table import picture
from robustop_plugin.operate.bot_view import Pulse
from robustop_plugin.operate.exporter_view import view_by_metrics
from robustop_plugin.operate.findings.all_findings import FINDINGS
from robustop_plugin.venue.overlay import live, offline_overlay
from tests.conftest import ROOT
from tests.support.kept_stops import SPOT, trading
from tests.support.written_trades import Writer

REFERENCE = ROOT / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "monitor_report.schema.json").read_text())
EXAMPLE = REFERENCE / "monitor_report.example.json"


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["monitor", *words])


def report_of(result: Result) -> Any:
    """Return the report that a run has printed, which the schema allows and the status agrees with."""
    report = json.loads(result.stdout)
    jsonschema.validate(report, SCHEMA)
    assert report["status"] == result.exit_code
    return report


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Return the configuration of a dry run at a venue, whose database is that of `writer`."""
    with trading() as (_, url):
        file = tmp_path / "config.json"
        database = {"db_url": f"sqlite:///{tmp_path / 'trades.sqlite'}", "internals": {"process_throttle_secs": 0}}
        file.write_text(
            json.dumps({"dry_run": True, "stake_currency": "USDT", **database, **offline_overlay(url, [SPOT])})
        )
        yield file


def test_a_dry_run_has_its_state_compared_with_its_database(config: Path, writer: Writer) -> None:
    """A state that is damaged is found; that nobody can be asked, and that nothing is on the exchange, is said."""
    trade = writer.bought(60000.0, pair=SPOT)
    clean = report_of(run("--once", "--json", "--config", str(config)))
    assert (clean["findings"], clean["status"]) == ([], 0)
    assert [kept["trade"] for kept in clean["trades"]] == [trade.id]
    assert clean["trades"][0]["price"] == 60000.0
    assert ["dry run" in note or "cannot be known" in note for note in clean["notes"]] == [True, True]
    writer.rewrite_state(trade, "{")
    (found,) = report_of(run("--once", "--json", "--config", str(config)))["findings"]
    assert (found["name"], found["trade"], found["severity"]) == ("unusable_state", trade.id, "warning")
    ignored = run("--once", "--json", "--config", str(config), "--ignore", f"unusable_state:{SPOT}")
    assert report_of(ignored)["status"] == 0


def test_a_run_for_some_time(config: Path, writer: Writer, tmp_path: Path) -> None:
    """It looks again and again, prints a table where no JSON is wanted, and writes the report."""
    writer.bought(60000.0, pair=SPOT)
    kept = tmp_path / "report.json"
    result = run("--duration", "0.01", "--interval", "0.1", "--report", str(kept), "--config", str(config))
    assert result.exit_code == 0, result.output
    assert "Nothing was found." in result.stdout
    report = json.loads(kept.read_text())
    jsonschema.validate(report, SCHEMA)
    assert report["looks"] >= 3
    shown = run("--show", str(kept), "--json")
    assert report_of(shown) == report


def test_what_is_no_trade_database_is_status_two(config: Path, tmp_path: Path) -> None:
    """A file without Freqtrade's tables can be opened and not be read: the report says so."""
    (tmp_path / "trades.sqlite").write_bytes(b"")
    report = report_of(run("--once", "--json", "--config", str(config)))
    assert report["status"] == 2
    (failure,) = report["not_seen"]
    assert failure["source"] == "database"
    assert "no such table" in failure["why"]


def test_an_exchange_that_is_not_there_is_status_two(tmp_path: Path, writer: Writer) -> None:
    """Nothing listens at its address; one look may fail, so a second one is made."""
    writer.bought(100.0)
    file = tmp_path / "config.json"
    nowhere = live(offline_overlay("http://127.0.0.1:9", [SPOT]))
    fast = {"internals": {"process_throttle_secs": 0}}
    file.write_text(json.dumps({"stake_currency": "USDT", "db_url": writer.url, **fast, **nowhere}))
    report = report_of(run("--once", "--json", "--config", str(file)))
    assert [failure["source"] for failure in report["not_seen"]] == ["exchange"]
    assert (report["status"], report["looks"]) == (2, 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--ignore", "nothing"], "--ignore was nothing: it must be one of position_without_protection"),
        (["--config", "missing.json"], "missing.json was not read"),
        (["--db-url", "sqlite:///missing.sqlite"], "there is no such trade database"),
        (["--report", "missing/report.json", "--show", str(EXAMPLE)], "could not be written"),
        (["--show", str(ROOT / "config.json")], "was no report"),
        (["--show", str(ROOT / "README.md")], "was no report"),
    ],
)
def test_what_is_refused(words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what was wrong, and the status is 2."""
    shutil.copy(ROOT / "config.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = run("--once", *words)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


def test_without_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is missing."""
    monkeypatch.chdir(tmp_path)
    result = run("--once")
    assert result.exit_code == 2
    assert result.stderr == "error: there is no configuration: name the bot's own with --config\n"


def test_the_example_is_a_report() -> None:
    """Its names are those that the command knows, and so are those of the help and of the schema."""
    example = json.loads(EXAMPLE.read_text())
    jsonschema.validate(example, SCHEMA)
    assert SCHEMA["properties"]["findings"]["items"]["properties"]["name"]["enum"] == list(FINDINGS)
    assert all(name in EPILOG for name in FINDINGS)
    shown = run("--show", str(EXAMPLE))
    assert shown.exit_code == example["status"]
    assert all(finding["name"].split("_")[0] in shown.stdout for finding in example["findings"])


def test_the_picture_is_the_example() -> None:
    """Drawn now, the tracked SVG is the same, byte for byte; `make pictures` draws it again."""
    tracked = (ROOT / "docs" / "pictures" / "monitor.svg").read_text()
    assert picture(json.loads(EXAMPLE.read_text())) == tracked, "see `make pictures`"


METRICS = """# HELP robustop_loop_age_seconds Seconds since the bot's last loop began: its heartbeat.
# TYPE robustop_loop_age_seconds gauge
robustop_loop_age_seconds 12.5
robustop_loops_total 3.0
"""


@pytest.mark.parametrize(("text", "pulse"), [(METRICS, Pulse.ANSWERS), ("other 1\n", Pulse.UNREACHABLE)])
def test_metrics_say_when_the_bot_looked(text: str, pulse: Pulse) -> None:
    """In the text format of Prometheus; something else that answers is no bot."""

    class Serves(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Serves)
    thread = Thread(target=server.handle_request)
    thread.start()
    bot = view_by_metrics("0.0.0.0", server.server_port)  # noqa: S104 (everywhere is here, too)
    thread.join()
    server.server_close()
    assert bot.pulse == pulse
    assert (bot.looked_at is not None) == (pulse == Pulse.ANSWERS)
    assert view_by_metrics("127.0.0.1", server.server_port).pulse == Pulse.UNREACHABLE

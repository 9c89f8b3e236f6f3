"""`robustop venue` as a process."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from robustop_plugin.cli.main import main
from tests.venue.bot import ask, eventually

Start = Callable[..., tuple[subprocess.Popen[str], list[str]]]


@pytest.fixture
def start(both: Path) -> Iterator[Start]:
    """Return a function that starts the command and returns the lines it begins with."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, lines: int = 1) -> tuple[subprocess.Popen[str], list[str]]:
        command = [str(Path(sys.executable).with_name("robustop")), "venue", "--datadir", str(both), "--port", "0"]
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True, bufsize=1)
        started.append(process)
        assert process.stdout is not None
        return process, [process.stdout.readline().strip() for _ in range(lines)]

    # Who is started where nobody can press Ctrl-C ignores it, and so would the command.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield run
    signal.signal(signal.SIGINT, before)
    for process in started:
        process.kill()
        process.communicate()


def test_it_says_where_it_answers_until_ctrl_c(start: Start) -> None:
    """Both addresses are told, both answer, and Ctrl-C ends it with status 0."""
    process, (line, proxy) = start("--proxy-port", "0", lines=2)
    url = line.split()[0]
    assert "lists BTC/USDT, DOGE/USDT" in line
    assert "BTC/USDT:USDT; press Ctrl-C to stop" in line
    assert urlsplit(proxy.split()[0]).hostname == "127.0.0.1"
    assert proxy.endswith("is its HTTPS proxy")
    assert ask(url, "/api/v3/ticker/price?symbol=BTCUSDT")[0] == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_a_replay_moves_the_price_by_itself(start: Start) -> None:
    """At a thousand candles' seconds in one the price soon is another; it cannot be moved by hand."""
    _, (line,) = start("--replay", "2025-01-03T12:00", "--speed", "1000")
    url = line.split()[0]
    before = ask(url, "/_control/state")[1]["markets"]["ETH/USDT"]["last"]
    eventually(lambda: ask(url, "/_control/state")[1]["markets"]["ETH/USDT"]["last"] != before, "another price")
    status, answer = ask(url, "/_control/price", "POST", {"pair": "ETH/USDT", "price": 1})
    assert status == 400
    assert "replays" in answer["error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--speed", "2"], "error: speed was 2 without a replay: set its start with --replay"),
        (["--replay", "2031-01-01"], "error: replay was 2031-01-01 00:00: the candles run from 2025-01-01"),
        (["--replay", "soon"], "Invalid value for '--replay'"),
        (["--replay", "2025-01-02", "--speed", "0"], "Invalid value for '--speed'"),
        (["--datadir", "nowhere"], "error: datadir was nowhere: it must hold spot candles"),
    ],
)
def test_what_cannot_be_is_refused(both: Path, arguments: list[str], words: str) -> None:
    """Bad input ends with status 2, and the last line says what was wrong."""
    result = CliRunner().invoke(main, ["venue", "--datadir", str(both), *arguments])
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]


def test_the_help_teaches() -> None:
    """The help names what the venue is for, the control calls and the replay."""
    text = CliRunner().invoke(main, ["venue", "--help"]).stdout
    calls = ("/_control/price", "/_control/state", "/_control/fill", "/_control/cancel")
    for words in ("download-data", *calls, "--replay", "--proxy-port", "httpsProxy", "venue-key", "venue-secret"):
        assert words in text

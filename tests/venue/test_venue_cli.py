"""`robustop venue` runs as a process."""

import json
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import ccxt
import pytest
from click.testing import CliRunner
from urllib3.exceptions import InsecureRequestWarning

from robustop_plugin.cli.main import main
from robustop_plugin.venue.market import write_market
from tests.support.bot import ask, eventually

Start = Callable[..., tuple[subprocess.Popen[str], list[str]]]


@pytest.fixture
def start(both: Path) -> Iterator[Start]:
    """Return a function that starts the command and returns its first lines of output."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, lines: int = 1) -> tuple[subprocess.Popen[str], list[str]]:
        command = [str(Path(sys.executable).with_name("robustop")), "venue", "--datadir", str(both), "--port", "0"]
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True, bufsize=1)
        started.append(process)
        assert process.stdout is not None
        return process, [process.stdout.readline().strip() for _ in range(lines)]

    # A process started in the background ignores SIGINT, and the command would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield run
    signal.signal(signal.SIGINT, before)
    for process in started:
        process.kill()
        process.communicate()


def test_it_prints_its_urls_and_stops_on_ctrl_c(start: Start) -> None:
    """The command prints the URLs of venue and proxy, answers, and exits with status 0 on Ctrl-C."""
    process, (line, proxy) = start("--proxy-port", "0", lines=2)
    url = line.split()[0]
    assert "lists BTC/USDT, DOGE/USDT" in line
    assert "BTC/USDT:USDT; press Ctrl-C to stop" in line
    assert urlsplit(proxy.split()[0]).hostname == "127.0.0.1"
    assert proxy.endswith("is its HTTPS proxy")
    assert ask(url, "/api/v3/ticker/price?symbol=BTCUSDT")[0] == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


@pytest.mark.parametrize("futures", [False, True])
def test_it_prints_configurations_that_trade(start: Start, futures: bool) -> None:
    """With --orders, the printed configuration of each route lets the real ccxt see the account."""
    market = ["futures"] if futures else []
    _, lines = start("--proxy-port", "0", "--orders", *market, lines=12)
    configs = [json.loads(line) for line in lines if line.startswith("{")]
    assert [set(config["exchange"]["ccxt_config"]) & {"urls", "httpsProxy"} for config in configs] == [
        {"urls"},
        {"httpsProxy"},
    ]
    for config in configs:
        exchange = config["exchange"]
        assert (config["dry_run"], config["trading_mode"]) == (False, "futures" if futures else "spot")
        assert ("BTC/USDT:USDT" in exchange["pair_whitelist"], "ETH/USDT" in exchange["pair_whitelist"]) == (
            futures,
            not futures,
        )
        options = {**exchange["ccxt_config"]["options"], "defaultType": "swap" if futures else "spot"}
        keys = {"apiKey": exchange["key"], "secret": exchange["secret"]}
        client = ccxt.binance({**exchange["ccxt_config"], "options": options, **keys})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            assert client.fetch_balance()["USDT"]["free"] == 10000
        client.session.close()


def test_a_replay_moves_the_price_by_itself(start: Start) -> None:
    """A replay at speed 1000 soon changes the price, and refuses control calls that move it."""
    _, (line,) = start("--replay", "2025-01-03T12:00", "--speed", "1000")
    url = line.split()[0]
    before = ask(url, "/_control/state")[1]["markets"]["ETH/USDT"]["last"]
    eventually(lambda: ask(url, "/_control/state")[1]["markets"]["ETH/USDT"]["last"] != before, "a price change")
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
        (["--orders", "margin"], "Invalid value for '--orders'"),
        (["--datadir", "nowhere"], "error: datadir was nowhere: it must hold spot candles"),
    ],
)
def test_invalid_input_is_refused(both: Path, arguments: list[str], words: str) -> None:
    """Invalid input exits with status 2, and the last line names the error."""
    result = CliRunner().invoke(main, ["venue", "--datadir", str(both), *arguments])
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]


def test_orders_need_candles_of_their_market(tmp_path: Path) -> None:
    """Instructions for futures are refused if the folder has spot candles only."""
    write_market(tmp_path, days=1)
    result = CliRunner().invoke(main, ["venue", "--datadir", str(tmp_path), "--orders", "futures"])
    assert result.exit_code == 2
    assert f"error: orders was futures: {tmp_path} has no candles of futures" in result.stderr


def test_the_help_names_calls_and_options() -> None:
    """The help names a supported command, the control calls, the main options, and the API key and secret."""
    text = CliRunner().invoke(main, ["venue", "--help"]).stdout
    calls = ("/_control/price", "/_control/state", "/_control/fill", "/_control/cancel")
    calls += ("/_control/path", "/_control/fault", "/_control/trade", "/_control/coverage", "/_control/ledger")
    for words in (
        "download-data",
        *calls,
        "--replay",
        "--proxy-port",
        "--orders",
        "httpsProxy",
        "venue-key",
        "venue-secret",
    ):
        assert words in text

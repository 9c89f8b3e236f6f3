"""Fixtures that start real processes: a loopback exchange, and Freqtrade on real candles."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support import compiling, warm
from tests.support.postgres import new_database, server

# For `make mutation`: the same examples every time; a failure need not be minimized.
settings.register_profile(
    "mutation", database=None, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)

ROOT = Path(__file__).parent.parent
PAIRS = [
    f"{coin}/USDT"
    for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE", "LINK", "AVAX", "LTC", "NEAR", "PEPE", "WIF", "BIFI")
]
ROOM = {"max_open_trades": len(PAIRS), "stake_amount": 1000, "dry_run_wallet": 100_000}


REPLAYED = ("docs/", "benchmarks/", "lab/", "cli/")
"""Where replays run, whose code is compiled while the tests of other folders run."""
FIRST = (
    "integration/",
    "kills/",
    "rehearsal/",
    "metrics/",
    "bridge/test_machine",
    *REPLAYED,
    "properties/",
    "corpus/",
    "bridge/",
    "venue/",
)
"""What begins early: files that take long, so that no core waits for one at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin to compile, in the process that starts others to run the tests."""
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        compiling.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `--numprocesses auto` means: one more than cores, as many tests wait for others."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests, each file as it is."""
    places = {item.path: place_of(item.path) for item in items}
    items.sort(key=lambda item: places[item.path])


def place_of(path: Path) -> int:
    """Return the place of a file in `FIRST`."""
    name = path.relative_to(ROOT / "tests").as_posix() if path.is_relative_to(ROOT / "tests") else ""
    return next((place for place, beginning in enumerate(FIRST) if name.startswith(beginning)), len(FIRST))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run on skipped tests if ROBUSTOP_MUST_NOT_SKIP is set."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("ROBUSTOP_MUST_NOT_SKIP") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the lines that tests reported, such as counts of cases."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    told = [(report.nodeid, text) for report in reports for name, text in report.user_properties if name == "told"]
    for nodeid, text in told:
        terminalreporter.write_line(f"{nodeid}: {text}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that shows a line at the end of the run."""
    return lambda text: record_property("told", text)


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    """Have Freqtrade started from a process that has imported it."""
    warm.use()


@pytest.fixture(scope="module", autouse=True)
def _compiled(request: pytest.FixtureRequest) -> None:
    """Have the replay's code where a folder needs it, instead of compiling it once more."""
    if place_of(request.path) in map(FIRST.index, REPLAYED):
        compiling.wait()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return a PostgreSQL server for the tests; skip on a machine without PostgreSQL."""
    with server() as url:
        yield url


@pytest.fixture
def database(postgres: str) -> str:
    """Return the URL of an empty database on that server."""
    return new_database(postgres)


@pytest.fixture(scope="session")
def candles() -> Path:
    """Return the folder of real candles; skip in a clone without them."""
    folder = os.environ.get("ROBUSTOP_DATA")
    if not folder:
        pytest.skip("real candles: set ROBUSTOP_DATA to a folder of Freqtrade feather files")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def venue(candles: Path) -> Iterator[str]:
    """Serve the real pairs as Binance would."""
    markets = [market for market in markets_of(candles, "5m") if market.pair in PAIRS]
    with Venue(markets).serve() as url:
        yield url


@pytest.fixture(scope="session")
def offline_config(venue: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the overlay that points Freqtrade to the venue, with a slot for every pair."""
    path = tmp_path_factory.mktemp("config") / "offline.json"
    path.write_text(json.dumps({**offline_overlay(venue, PAIRS), **ROOM}))
    return path


@pytest.fixture(scope="session")
def common(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the arguments shared by every freqtrade command on the real candles."""
    userdir = tmp_path_factory.mktemp("user_data")
    return ["--datadir", str(candles), "--userdir", str(userdir), "--strategy-path", str(ROOT / "strategies")]


@pytest.fixture(scope="session")
def run_backtest(
    offline_config: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str, Sequence[str]], BacktestResult]:
    """Return a function that runs `freqtrade backtesting` over a time range of the real candles."""

    def run(strategy: str, timerange: str, more: Sequence[str] = ()) -> BacktestResult:
        folder = tmp_path_factory.mktemp(strategy)
        arguments = [*common, "--timerange", timerange, *more]
        return backtest(strategy, [ROOT / "config.json", offline_config], folder, arguments)

    return run

"""`robustop adjust` on real trade databases: what would change, what is asked, what is refused, and the waiting."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import Trade, disable_database_use, init_db

from robustop_plugin.audit.adjustments import Adjustments, Verdict
from robustop_plugin.audit.requests import Requests
from robustop_plugin.cli.main import main
from tests.support.adjustable import KEY, OPENED, give
from tests.support.postgres import new_database
from tests.support.trades import in_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a trade database with five open trades and a closed one.

    1 is long with its stop at 98 and 99 on the way, 2 is closed, 3 is short with its stop at 102, 4 has a resting
    entry, 5 is shadowed, 6 has a state of a newer release.
    """
    Backtesting.cleanup()
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/trades.sqlite" if is_file else new_database(request.getfixturevalue("postgres"))
    init_db(url)
    first = in_database(stop_loss=98.0)
    in_database(is_open=False)
    short = in_database(pair="OTHER/USDT", is_short=True, stop_loss=102.0)
    in_database(pair="REST/USDT", amount=0.0)
    shadowed, newer = in_database(pair="SHADOW/USDT"), in_database(pair="NEW/USDT")
    give(first, 98.0, level=99.0)
    give(short, 102.0)
    shadowed.set_custom_data("robustop-shadowed", {"schema": 1, "identity": [OPENED, "SHADOW/USDT", 1]})
    newer.set_custom_data(KEY, {"schema": 99})
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")
    return url


def adjust(url: str, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["adjust", "--db-url", url, *arguments])


def pending(url: str) -> list[tuple[int, float, str]]:
    """Return trade, stop and rule of what is asked for."""
    engine = sa.create_engine(url)
    found = [(one.trade_id, one.stop, one.rule) for one in Adjustments(Requests(engine)).pending_if_there()]
    engine.dispose()
    return found


def test_a_dry_run_shows_and_writes_nothing(url: str) -> None:
    """Trade, pair, old stop and new stop; not even the table is made."""
    result = adjust(url, "--trade-id", "1", "--stop", "99.504", "--dry-run")
    assert result.exit_code == 0, result.output
    row = next(line.split() for line in result.output.splitlines() if "HAND/USDT" in line)
    # On the way is 99; off the grid a stop is rounded towards the market; -0.49 is a quarter of the risk of 2.
    assert row[:8] == ["1", "HAND/USDT", "long", "100", "99", "99.51", "-0.24", "the"]
    assert "1 would be asked, 0 refused\nnothing was written" in result.output
    engine = sa.create_engine(url)
    assert not sa.inspect(engine).has_table("robustop_adjustments")
    engine.dispose()


def test_all_at_breakeven_names_what_is_refused(url: str) -> None:
    """Long and short net of the defaults of the settings; what robustop has no stop for is refused by name."""
    result = adjust(url, "--all", "--breakeven", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["asked"], answer["refused"]) == (1, 2, 3)
    assert pending(url) == [(1, 100.15, "breakeven"), (3, 99.85, "breakeven")]
    refused = {trade["pair"]: trade["refused"] for trade in answer["trades"] if trade["refused"]}
    assert "its entry order rests" in refused["REST/USDT"]
    assert "shadow" in refused["SHADOW/USDT"]
    assert "schema was 99" in refused["NEW/USDT"]
    assert [trade["request"] for trade in answer["trades"]][:2] == [1, 2]
    again = adjust(url, "--all", "--breakeven")
    assert "0 asked, 5 refused: trade 1 (HAND/USDT): 100.15 is already asked for (request 1)" in again.output
    assert len(pending(url)) == 2


def test_costs_move_breakeven(url: str) -> None:
    """Percents of the entry, on the grid towards the market."""
    assert adjust(url, "--pair", "HAND/USDT", "--breakeven", "--fee-percent", "0.2").exit_code == 0
    assert adjust(url, "--pair", "OTHER/USDT", "--breakeven", "--slippage-percent", "0").exit_code == 0
    assert pending(url) == [(1, 100.25, "breakeven"), (3, 99.9, "breakeven")]


@pytest.mark.parametrize(
    ("arguments", "bound"),
    [
        (("--trade-id", "1", "--stop", "97"), "stop was 97: it must be above 99, the stop in force"),
        (("--trade-id", "1", "--stop", "99"), "stop was 99: it must be above 99, the stop in force"),
        (("--trade-id", "3", "--stop", "102"), "stop was 102: it must be below 102, the stop in force"),
    ],
)
def test_a_stop_only_tightens(url: str, arguments: tuple[str, ...], bound: str) -> None:
    """Looser and equal stops are refused with their bound, also the one that is on its way."""
    result = adjust(url, *arguments)
    assert result.exit_code == 1
    assert bound in result.output.replace("\n", " ")
    assert pending(url) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "0 of --trade-id, --pair and --all were given"),
        (("--all", "--pair", "A/B"), "2 of --trade-id, --pair and --all were given"),
        (("--all", "--stop", "5"), "--stop was 5.0 for --all"),
        (("--trade-id", "1"), "one of --stop PRICE and --breakeven is needed"),
        (("--trade-id", "1", "--stop", "1", "--breakeven"), "one of --stop PRICE and --breakeven is needed"),
        (("--trade-id", "1", "--stop", "nan"), "--stop was nan: it must be finite and > 0"),
        (("--trade-id", "1", "--stop", "-1"), "--stop was -1.0: it must be finite and > 0"),
        (("--trade-id", "1", "--stop", "1", "--fee-percent", "1"), "--fee-percent was 1.0: it goes with --breakeven"),
        (("--all", "--breakeven", "--slippage-percent", "10"), "--slippage-percent was 10.0: it must be >= 0 and < 10"),
    ],
)
def test_bad_input_names_parameter_value_and_bound(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    """One line, status 2, before any database is opened."""
    result = adjust(f"sqlite:///{tmp_path}/none.sqlite", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_trade_that_is_not_open_is_named(url: str) -> None:
    """The open ones are listed."""
    result = adjust(url, "--trade-id", "2", "--stop", "99")
    assert result.exit_code == 1
    assert "there is no such open trade; open are 1 (HAND/USDT), 3 (OTHER/USDT)" in result.stderr
    assert adjust("sqlite:///no_such.sqlite", "--all", "--breakeven").exit_code == 2


@pytest.mark.parametrize(
    ("verdict", "status", "said"),
    [
        (Verdict(1, 5.0, 98.0, 99.5), 0, "taken, the stop was 98 and 99.5 is desired"),
        (Verdict(1, 5.0, refused="stop was 99.5: too late"), 1, "the bot refused it: stop was 99.5: too late"),
        (None, 1, "not taken within 0.5 s"),
    ],
    ids=["taken", "refused", "nobody"],
)
def test_waiting_ends_with_what_the_bot_has_answered(url: str, verdict: Verdict | None, status: int, said: str) -> None:
    """A bot answers meanwhile, in another thread; without one the request stays."""
    seconds = "0.5" if verdict is None else "20"
    bot = threading.Thread(target=answers, args=(url, verdict))
    bot.start()
    result = adjust(url, "--trade-id", "1", "--stop", "99.5", "--wait", seconds)
    bot.join()
    assert result.exit_code == status
    assert said in result.output
    assert f"robustop audit --trade-id 1 --db-url {sa.make_url(url).render_as_string()}" in result.output


def answers(url: str, verdict: Verdict | None) -> None:
    """Answer the first request as a bot does."""
    engine = sa.create_engine(url)
    table: Any = Adjustments(Requests(engine))
    deadline = time.monotonic() + 15
    while verdict is not None and not table.pending_if_there() and time.monotonic() < deadline:
        time.sleep(0.05)
    if verdict is not None:
        table.settle([verdict])
    engine.dispose()

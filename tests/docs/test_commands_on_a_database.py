"""Commands of pages that need a bot's trade database are run on one."""

import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import Trade, disable_database_use, init_db

from robustop_plugin.audit.adjustments import Adjustments
from robustop_plugin.audit.requests import Requests
from robustop_plugin.audit.table import import_records
from robustop_plugin.cli.main import main
from tests.conftest import ROOT
from tests.support.adjustable import give
from tests.support.audit_records import record_of
from tests.support.pages import blocks
from tests.support.trades import in_database

URL = "sqlite:///tradesv3.sqlite"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """Give the current folder a trade database with two open trades and an audit."""
    monkeypatch.chdir(tmp_path)
    Backtesting.cleanup()
    init_db(URL)
    give(in_database(id=7), 98.0)
    give(in_database(pair="BTC/USDT"), 98.0)
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")
    engine = sa.create_engine(URL)
    import_records(engine, [record_of(1).to_dict(), record_of(2, engine="manual", rule="stop").to_dict()])
    yield engine
    engine.dispose()


def run_all(name: str) -> str:
    """Run the commands that a page shows for a bot's database; return what they print."""
    printed = []
    for block in blocks(ROOT / "docs" / "how_to" / name, "bash"):
        for line in block.splitlines():
            program, *words = shlex.split(line, comments=True)
            assert program == "robustop"
            result = CliRunner(env={"COLUMNS": "200"}).invoke(main, words)
            assert result.exit_code == 0, f"{line}\n{result.output}"
            printed.append(result.output)
    return "\n".join(printed)


def test_a_stop_is_moved_as_the_page_says(engine: sa.Engine) -> None:
    """The dry run writes nothing, and the two requests are there."""
    printed = run_all("move_a_stop_by_hand.md")
    assert "nothing was written" in printed
    asked = [(one.trade_id, one.stop, one.reason) for one in Adjustments(Requests(engine)).pending()]
    assert asked == [(7, 99.5, "news at noon"), (8, 100.25, "by hand")]


def test_the_audit_is_read_as_the_page_says(engine: sa.Engine) -> None:
    """Each command finds something, among it what happened today."""
    import_records(engine, [record_of(3, time=time.time()).to_dict()])
    assert "the stop has reached breakeven" in run_all("read_the_audit.md")
    assert Path("audit.csv").exists()

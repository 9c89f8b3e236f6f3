"""The tool behind `make corpus`, over a folder of a few strategies."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.corpus.__main__ import main
from tests.corpus.candles import resampled

pytestmark = pytest.mark.candles

ENTERS = """
from freqtrade.strategy import IStrategy
class {name}(IStrategy):
    timeframe = "5m"
    stoploss = -0.02
    {more}
    def populate_indicators(self, dataframe, metadata):
        return dataframe
    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe.index % {every} == 0, "enter_long"] = 1
        return dataframe
    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
NOTICES = "custom_exit = lambda self, trade, **more: 'noticed' if hasattr(self, 'robustop') else None"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of strategies: plain, seldom, one that notices robustop, and one that does not load."""
    sources = {
        "Plain": ENTERS.format(name="Plain", more="minimal_roi = {'0': 0.01}", every=20),
        "Seldom": ENTERS.format(name="Seldom", more="minimal_roi = {}", every=10**6),
        "sub/Differs": ENTERS.format(name="Differs", more="minimal_roi = {}\n    " + NOTICES, every=20),
        "Fails": "import nothing_of_the_kind\nfrom freqtrade.strategy import IStrategy\nclass Fails(IStrategy): pass\n",
        "helper": "VALUE = 1\n",
    }
    (tmp_path / "strategies" / "sub").mkdir(parents=True)
    for name, source in sources.items():
        (tmp_path / "strategies" / f"{name}.py").write_text(source)
    return tmp_path


def test_each_strategy_gets_a_row_and_differences_end_with_1(
    folder: Path, candles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows say what was found; a second run examines nothing again."""
    arguments = [str(folder / "strategies"), "--data", str(candles), "--out", str(folder / "rows.jsonl")]
    arguments += ["--jobs", "1", "--timerange", "20240304-20240306"]
    assert main(arguments) == 1
    lines = (folder / "rows.jsonl").read_text().splitlines()
    rows = {row["class"]: row for row in map(json.loads, lines)}
    assert set(rows) == {"Plain", "Seldom", "Differs", "Fails"}
    assert rows["Plain"]["neutral"]["good"]
    assert rows["Plain"]["dominant"]["good"]
    assert rows["Plain"]["dominant"]["tighter"] > 0
    assert rows["Seldom"]["trades"] < 10
    assert "neutral" not in rows["Seldom"]
    assert not rows["Differs"]["neutral"]["good"]
    assert rows["Differs"]["neutral"]["steady"]
    assert "nothing_of_the_kind" in rows["Fails"]["load"]
    assert "4 strategies, 3 load by themselves" in capsys.readouterr().out
    assert main(arguments) == 1
    assert (folder / "rows.jsonl").read_text().splitlines() == lines


def test_made_candles_are_those_of_the_exchange(candles: Path) -> None:
    """Hours made from five minutes are the hours that the exchange published."""
    wanted = pd.read_feather(candles / "XRP_USDT-1h.feather")
    made = resampled(pd.read_feather(candles / "XRP_USDT-5m.feather"), "1h")
    assert len(made) == len(wanted)
    for column in ("date", "open", "high", "low", "close"):
        assert (made[column].to_numpy() == wanted[column].to_numpy()).all()

"""`robustop demo` and `robustop venue`, run for real."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from robustop_plugin.cli.demo import draw_picture
from robustop_plugin.cli.main import main
from robustop_plugin.runner.process import BacktestResult
from tests.cli.conftest import Forget
from tests.conftest import ROOT
from tests.support.pictures import Picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the configuration and the strategies of a clone."""
    path = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "config.json", path)
    shutil.copytree(ROOT / "strategies", path / "strategies", ignore=shutil.ignore_patterns("__pycache__"))
    return path


def test_the_demo_compares_the_same_entries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both runs have the same entries; with robustop fewer winners are lost and less is given back."""
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["demo", "--days", "30", "--json"])
    assert result.exit_code == 0, result.stderr
    without, protected = json.loads(result.stdout)
    assert without["trades"] == protected["trades"] > 50
    assert protected["lost_winners"] < without["lost_winners"]
    assert protected["giveback_percent"] < without["giveback_percent"]


def test_the_demo_leaves_market_results_and_audit(folder: Path) -> None:
    """Market, results and audit exist where the demo says."""
    left = folder / "user_data" / "demo"
    assert len(list((left / "market").glob("*.feather"))) == 6
    for strategy in ("PlainTrend", "HandSpanTrend"):
        assert list((left / strategy).glob("backtest-result-*.zip"))
    assert list((left / "HandSpanTrend").glob("robustop-audit-HandSpanTrend-*.jsonl"))


def test_the_demo_leaves_a_picture(folder: Path) -> None:
    """The picture shows candles and stop of one trade."""
    pytest.importorskip("matplotlib", reason='pictures: pip install "robustop[report]"')
    assert Picture(folder / "user_data" / "demo" / "trade.svg").parts.keys() >= {"candles", "stop", "entry", "exit"}


def test_the_demo_without_the_library_says_how_to_get_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: Forget
) -> None:
    """Without the library the demo names the extra and writes no file."""
    forget("robustop_plugin.lab.pictures")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    nothing = BacktestResult("S", {"trades": []}, [], tmp_path)
    assert 'pip install "robustop[report]"' in draw_picture(nothing, tmp_path, tmp_path / "trade.svg")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_elsewhere_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a clone the demo names the missing file."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 2
    assert "config.json was not found" in result.stderr


def test_a_failed_run_shows_the_end_of_its_log(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If freqtrade fails, the demo exits with 2 and shows the reason."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(folder / "config.json", tmp_path)
    (tmp_path / "strategies").mkdir()
    result = CliRunner().invoke(main, ["demo", "--days", "20"])
    assert result.exit_code == 2
    assert "Impossible to load Strategy 'PlainTrend'" in result.output + result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--datadir", "."], "feather"), (["--datadir", "nowhere"], "nowhere"), ([], "--datadir")],
)
def test_a_venue_without_candles_says_what_it_wants(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without candles is named, with the expected files."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["venue", *arguments])
    assert result.exit_code == 2
    assert named in result.stderr

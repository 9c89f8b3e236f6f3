"""`robustop check`, on real configurations and strategies."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main
from tests.conftest import ROOT
from tests.support.check_command import write_config
from tests.support.strategy_files import write_strategy

STRATEGIES = ["--strategy-path", str(ROOT / "strategies")]


def check(*arguments: str, config: Path = ROOT / "config.json") -> Result:
    """Return output and exit status of the command."""
    return CliRunner().invoke(main, ["check", "--config", str(config), *arguments])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder: Freqtrade creates folders in the current one."""
    (tmp_path / "user_data").mkdir()
    monkeypatch.chdir(tmp_path)


def test_a_sound_strategy_ends_with_0() -> None:
    """The sample strategy under the sample configuration has no conflicts."""
    result = check("--strategy", "HandSpanTrend", *STRATEGIES)
    assert result.exit_code == 0
    assert re.search(r"conflicts +\S? *ok +\S? *none", result.stdout)


def test_everything_is_reported_at_once(tmp_path: Path) -> None:
    """Two invalid settings and an override that bypasses robustop are three problems of one run."""
    body = "def should_exit(self, *args, **kwargs):\n    return []"
    write_strategy(tmp_path / "mine", "Wrong", body, bases="RobustopMixin, IStrategy")
    config = write_config(tmp_path / "wrong.json", robustop={"initial_stop": {"multi": 3}, "anchor": "tick"})
    result = check("--strategy", "Wrong", "--strategy-path", "mine", "--json", config=config)
    assert result.exit_code == 1
    problems = [finding["detail"] for finding in json.loads(result.stdout) if finding["verdict"] == "problem"]
    assert len(problems) == 3
    assert "robustop.initial_stop.multi was 3: unknown key" in problems[0]
    assert "robustop.anchor was 'tick'" in problems[1]
    assert problems[2].startswith("Wrong.should_exit never calls super()")


@pytest.mark.parametrize(
    ("side", "orders", "noted"),
    [
        ("same", {}, ["order_types.stoploss"]),
        ("ask", {"emergency_exit": "limit"}, ["order_types.stoploss", "order_types.emergency_exit"]),
        ("same", {"stoploss": "market", "emergency_exit": "limit"}, ["order_types.emergency_exit"]),
        ("same", {"stoploss": "market"}, []),
        ("other", {"emergency_exit": "limit"}, []),
        ("bid", {}, []),
    ],
)
def test_stops_that_rest_are_noted(tmp_path: Path, side: str, orders: dict[str, str], noted: list[str]) -> None:
    """A limit exit at the own side of the book may rest: it is a note, not a problem."""
    config = json.loads((ROOT / "config.json").read_text())
    types = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False, **orders}
    config.update(order_types=types, exit_pricing={**config["exit_pricing"], "price_side": side})
    (tmp_path / "config.json").write_text(json.dumps(config))
    result = check("--strategy", "HandSpanTrend", *STRATEGIES, "--json", config=tmp_path / "config.json")
    assert result.exit_code == 0
    notes = {
        finding["subject"]: finding["detail"] for finding in json.loads(result.stdout) if finding["verdict"] == "note"
    }
    assert [subject for subject in notes if subject.startswith("order_types")] == noted
    assert all(f'"{side}"' in notes[subject] for subject in noted)


def test_a_refused_setting_ends_with_1_and_names_it(tmp_path: Path) -> None:
    """A misspelled key of the block is a problem with its name, its value and the valid keys."""
    config = json.loads((ROOT / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "robustop": {"initial_stop": {"multi": 3}}}))
    result = check("--strategy", "HandSpanTrend", *STRATEGIES, "--json", config=tmp_path / "config.json")
    assert result.exit_code == 1
    (problem,) = [finding["detail"] for finding in json.loads(result.stdout) if finding["verdict"] == "problem"]
    assert "robustop.initial_stop.multi was 3: unknown key" in problem
    assert "multiplier" in problem


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--strategy", "NoSuchStrategy", *STRATEGIES], "NoSuchStrategy"),
        (["--strategy", "HandSpanTrend", "--strategy-path", "no_such_folder"], "no_such_folder"),
        (["--strategy", "HandSpanTrend", "--config", "no_such.json"], "no_such.json"),
        ([], "--strategy"),
    ],
)
def test_what_cannot_be_loaded_ends_with_2(arguments: list[str], named: str) -> None:
    """A missing strategy, folder or configuration is named."""
    result = check(*arguments)
    assert result.exit_code == 2
    assert named in result.stderr

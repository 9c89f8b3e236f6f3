"""`robustop check` on strategies as users have them, without the mixin: checked as if they were protected."""

import json
from pathlib import Path

import pytest

from tests.support.check_command import NO_PARTS, check, details, findings, write_config
from tests.support.strategy_files import write_strategy

CALLBACKS = """can_short = True
position_adjustment_enable = True

def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
    return None

def adjust_trade_position(self, trade, current_time, *args, **kwargs):
    return None

def confirm_trade_exit(self, *args, **kwargs):
    return True

def custom_stake_amount(self, *args, **kwargs):
    return 10"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_it_is_checked_as_if_it_were_protected(tmp_path: Path) -> None:
    """A strategy without the mixin passes, and the way to protect it is named."""
    write_strategy(tmp_path / "mine", "Plain")
    write_config(tmp_path / "config.json", **NO_PARTS)
    found = findings("--strategy", "Plain", "--strategy-path", "mine")
    assert details(found, "problem") == {}
    assert details(found, "ok")["settings"] == "engines hand_span; initial stop atr"
    note = details(found, "note")["protection"]
    assert note.startswith("Plain is not protected yet")
    assert note.endswith("robustop protect Plain")


def test_no_configuration_is_needed_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder Freqtrade's minimal configuration counts; no file and no folder is made."""
    write_strategy(tmp_path / "mine", "Plain")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__PARTIALS", "[]")
    before = sorted(tmp_path.rglob("*"))
    assert check("--strategy", "Plain", "--strategy-path", "mine").exit_code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_strategy_that_shorts_needs_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configuration it is checked with futures; a configuration for spot is refused by Freqtrade itself."""
    write_strategy(tmp_path / "mine", "Shorts", "can_short = True")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__PARTIALS", "[]")
    found = findings("--strategy", "Shorts", "--strategy-path", "mine")
    assert "Shorts can short" in details(found, "note")["trading_mode"]
    write_config(tmp_path / "config.json")
    reason = details(findings("--strategy", "Shorts", "--strategy-path", "mine", status=2), "not loaded")["strategy"]
    assert "Short strategies cannot run in spot markets" in reason
    assert '"trading_mode": "futures"' in reason


def test_the_configuration_is_found_as_freqtrade_finds_it(tmp_path: Path) -> None:
    """`user_data/config.json` comes before `config.json`, and --userdir leads to another; a strategy may be in it."""
    write_strategy(tmp_path / "user_data" / "strategies", "Plain")
    write_strategy(tmp_path / "other" / "strategies", "Other")
    write_config(tmp_path / "config.json", robustop={"partials": 5})
    write_config(tmp_path / "user_data" / "config.json", strategy="Plain", stoploss=-0.2, **NO_PARTS)
    write_config(tmp_path / "other" / "config.json", stoploss=-0.3, **NO_PARTS)
    assert details(findings(), "value")["stoploss"] == "-0.2, from user_data/config.json"
    there = findings("--userdir", "other", "--strategy", "Other")
    assert details(there, "value")["stoploss"] == "-0.3, from other/config.json"


def test_several_strategies_in_one_run(tmp_path: Path) -> None:
    """Each strategy of a list has its findings; the exit status is that of the worst."""
    write_strategy(tmp_path / "mine", "Good")
    write_strategy(tmp_path / "mine", "Bad", "robustop = {'anchor': 'tick'}", bases="RobustopMixin, IStrategy")
    write_config(tmp_path / "config.json", **NO_PARTS)
    words = ["--strategy-list", "Good", "Bad", "--strategy-path", "mine"]
    result = check(*words, "--json")
    assert result.exit_code == 1
    assert [(report["strategy"], report["status"]) for report in json.loads(result.stdout)] == [("Good", 0), ("Bad", 1)]
    shown = check(*words)
    assert shown.exit_code == 1
    assert "robustop.anchor was 'tick'" in shown.stdout


def test_their_callbacks_work_beside_robustop(tmp_path: Path) -> None:
    """Each callback of the strategy's own is named, with what it does beside robustop."""
    write_strategy(tmp_path / "mine", "Many", CALLBACKS)
    futures = {"trading_mode": "futures", "margin_mode": "isolated"}
    write_config(tmp_path / "config.json", **NO_PARTS, **futures)
    beside = details(findings("--strategy", "Many", "--strategy-path", "mine"), "ok")
    assert {name for name in beside if name.startswith("Many.")} == {
        "Many.custom_exit",
        "Many.adjust_trade_position",
        "Many.confirm_trade_exit",
        "Many.custom_stake_amount",
    }
    assert all(text.startswith("works beside robustop") for name, text in beside.items() if name.startswith("Many."))


def test_folders_below_and_a_base_in_another_file(tmp_path: Path) -> None:
    """The folders below are searched on request, and a class may derive from a class of the file beside it."""
    write_config(tmp_path / "user_data" / "config.json", **NO_PARTS)
    write_strategy(tmp_path / "user_data" / "strategies" / "deep", "Base", file="base_of_mine.py")
    write_strategy(
        tmp_path / "user_data" / "strategies" / "deep",
        "Derived",
        bases="Base",
        head="from base_of_mine import Base",
    )
    found = findings("--strategy", "Derived", "--recursive-strategy-search")
    assert details(found, "value")["stoploss"] == "-0.1, from class Derived"

"""The copies that are rehearsed: pointed to the venue, and the user's own files unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.catalogue import find_scenario
from robustop_plugin.rehearsal.folder import Folder
from robustop_plugin.rehearsal.plan import plan_of
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.subject import Subject, merge, read_subject
from robustop_plugin.runner.checks.request import Request
from robustop_plugin.venue.overlay import live, offline_overlay
from robustop_plugin.venue.signature import KEY

PAIRS = ["BTC/USDT"]
REAL: dict[str, Any] = {
    "stake_currency": "USDT",
    "stake_amount": 50,
    "trading_mode": "spot",
    "max_open_trades": 7,
    "dry_run": True,
    "exchange": {"name": "kraken", "key": "REALKEY", "secret": "REALSECRET", "pair_whitelist": ["ADA/USDT"]},
    "pairlists": [{"method": "VolumePairList", "number_assets": 5}],
    "telegram": {"enabled": True, "token": "REALTOKEN", "chat_id": "1"},
    "fiat_display_currency": "USD",
    "unfilledtimeout": {"entry": 3, "exit": 4, "unit": "minutes", "exit_timeout_count": 0},
    "entry_pricing": {"price_side": "same"},
    "exit_pricing": {"price_side": "same"},
    "robustop": {"engines": [{"name": "smart_trail"}], "metrics": {"enabled": True, "port": 9465}},
}
OPTIONS = {"everything": False, "scenarios": ["flash_crash"], "spot": None, "side": None, "stop": None, "route": "url"}


@pytest.fixture
def subject(tmp_path: Path, strategies: Path) -> Subject:
    """Read the strategy with a configuration of two files, the second of which the first adds."""
    (tmp_path / "base.json").write_text(json.dumps(REAL))
    (tmp_path / "config.json").write_text(json.dumps({"add_config_files": ["base.json"], "stake_amount": 70}))
    request = Request((tmp_path / "config.json",), strategy_path=strategies)
    return read_subject(request, "Mine")


def written(tmp_path: Path, subject: Subject, name: str = "flash_crash", stop: Any = "bot") -> dict[str, Any]:
    """Write the configuration of a scenario and return it."""
    (tmp_path / "run").mkdir()
    folder = Folder(tmp_path / "run")
    overlay = live(offline_overlay("http://127.0.0.1:1", PAIRS))
    folder.write_config(subject, find_scenario(name), Variant("spot long", stop, "url"), overlay)
    folder.listen_at(2, "secret")
    content: dict[str, Any] = json.loads((tmp_path / "run" / "config.json").read_text())
    return content


def test_a_rehearsed_bot_serves_no_metrics(tmp_path: Path, subject: Subject) -> None:
    """A monitoring system would take it for the real bot; the rest of the block stays."""
    block = written(tmp_path, subject)["robustop"]
    assert block == {**REAL["robustop"], "metrics": {"enabled": False, "port": 9465}}


def test_the_subject_is_what_the_files_say(subject: Subject, strategies: Path) -> None:
    """Class, file, order types and the merged configuration are known."""
    assert (subject.strategy, subject.file) == ("Mine", strategies / "mine.py")
    assert (subject.is_protected, subject.can_short, subject.timeframe, subject.stop) == (True, False, "5m", "bot")
    assert subject.config["stake_amount"] == 70
    assert subject.config["exchange"]["name"] == "kraken"


def test_a_strategy_that_is_missing_is_refused(strategies: Path) -> None:
    """The error says that Freqtrade cannot load it."""
    with pytest.raises(InvalidSettings, match="Freqtrade cannot load Other"):
        read_subject(Request(strategy_path=strategies), "Other")


def test_a_strategy_that_freqtrade_refuses_is_not_rehearsed(strategies: Path) -> None:
    """The old names of order types end in Freqtrade's own words, before any bot is started."""
    text = (strategies / "mine.py").read_text().replace("class Mine", "class Old")
    (strategies / "old.py").write_text(text + "\n    order_types = {'buy': 'limit', 'sell': 'limit'}\n")
    with pytest.raises(InvalidSettings, match=r"Freqtrade cannot load Old: .*Order-types mapping is incomplete"):
        read_subject(Request(strategy_path=strategies), "Old")


def test_the_configuration_leads_to_the_venue_only(tmp_path: Path, subject: Subject) -> None:
    """Keys, exchange, pairs and messengers of the user are gone; what matters for exits is kept."""
    config = written(tmp_path, subject)
    text = json.dumps(config)
    assert not [word for word in ("REAL", "kraken", "ADA", "VolumePairList", "telegram", "fiat") if word in text]
    assert config["exchange"]["key"] == KEY
    assert set(config["exchange"]["ccxt_config"]["urls"]["api"]) >= {"private", "fapiPrivate", "sapi"}
    assert all("127.0.0.1" in url for url in config["exchange"]["ccxt_config"]["urls"]["api"].values())
    assert config["dry_run"] is False
    assert config["db_url"] == f"sqlite:///{tmp_path / 'run' / 'trades.sqlite'}"
    assert (config["stake_amount"], config["max_open_trades"]) == (70, 1)
    assert config["robustop"]["engines"] == [{"name": "smart_trail"}]
    assert config["unfilledtimeout"]["exit"] == 4
    assert config["api_server"]["listen_port"] == 2


def test_a_scenario_changes_the_configuration(tmp_path: Path, subject: Subject) -> None:
    """Its settings are merged over the user's, block by block."""
    config = written(tmp_path, subject, "bleed_through_rungs")
    assert (config["robustop"]["engines"], config["robustop"]["partials"]) == ([{"name": "smart_trail"}], True)


def test_the_stop_is_where_the_variant_wants_it(tmp_path: Path, subject: Subject) -> None:
    """On Binance's spot market, a stop on the exchange is a limit order."""
    assert written(tmp_path, subject, stop="exchange")["order_types"] == {
        "entry": "market",
        "exit": "market",
        "stoploss": "limit",
        "stoploss_on_exchange": True,
    }


def test_the_strategy_is_copied(tmp_path: Path, subject: Subject, strategies: Path) -> None:
    """The user's folder is as it was; the copy is beside a class of the same name."""
    before = {path: path.read_bytes() for path in strategies.rglob("*") if path.is_file()}
    (strategies / "mine.json").write_text('{"strategy_name": "Mine"}')
    (tmp_path / "run").mkdir()
    Folder(tmp_path / "run").write_strategy(subject, plain=True)
    (strategies / "mine.json").unlink()
    assert {path: path.read_bytes() for path in strategies.rglob("*") if path.is_file()} == before
    assert (tmp_path / "run" / "strategies" / "mine.py").read_bytes() == (strategies / "mine.py").read_bytes()
    assert (tmp_path / "run" / "rehearsed" / "rehearsed_Mine.json").exists()


def test_blocks_are_merged_key_by_key() -> None:
    """What is above overrides; lists are replaced."""
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merge(below, {"a": {"c": [3]}, "d": {"e": 2}}) == {"a": {"b": 1, "c": [3]}, "d": {"e": 2}}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 1}


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, ["spot long"]),
        ({"spot": False}, ["futures long"]),
    ],
)
def test_a_plan_follows_the_strategy(subject: Subject, options: dict[str, Any], kinds: list[str]) -> None:
    """The market is the configuration's unless another is wanted, the sides are the strategy's."""
    assert [planned.variant.kind for planned in plan_of(subject, OPTIONS | options)] == kinds


def test_a_strategy_that_shorts_is_played_on_both_sides(subject: Subject) -> None:
    """On futures; one side alone can be asked for, and a side that it cannot trade is refused."""
    both = subject._replace(can_short=True)
    kinds = [planned.variant.kind for planned in plan_of(both, OPTIONS | {"spot": False})]
    assert kinds == ["futures long", "futures short"]
    (short,) = plan_of(both, OPTIONS | {"spot": False, "side": "short"})
    assert short.variant.sign == -1
    with pytest.raises(InvalidSettings, match="no scenario of flash_crash suits short with Mine"):
        plan_of(subject, OPTIONS | {"side": "short"})


def test_scenarios_that_do_not_suit_are_left_out(subject: Subject) -> None:
    """With the stop on the exchange, --all leaves out what needs it in the bot."""
    names = {planned.scenario.name for planned in plan_of(subject, OPTIONS | {"everything": True, "stop": "exchange"})}
    assert "rung_runs_away" not in names
    assert "flash_crash" in names

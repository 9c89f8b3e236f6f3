"""A configuration is read as Freqtrade reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.operate.configuration import read_configuration, url_in
from robustop_plugin.runner.database_url import url_of
from tests.conftest import ROOT

KEYS = ("db_url", "dry_run", "api_server", "internals", "robustop", "exchange", "strategy", "max_open_trades")
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "none": {},
    "url": {"FREQTRADE__DB_URL": "sqlite:///of_environment.sqlite"},
    "types": {
        "FREQTRADE__DRY_RUN": "false",
        "FREQTRADE__MAX_OPEN_TRADES": "7",
        "FREQTRADE__API_SERVER__PASSWORD": "123456",
        "FREQTRADE__API_SERVER__LISTEN_PORT": "9999",
        "FREQTRADE__INTERNALS__PROCESS_THROTTLE_SECS": "2.5",
        "FREQTRADE__EXCHANGE__PAIR_WHITELIST": '["BTC/USDT"]',
        "FREQTRADE__EXCHANGE__CCXT_CONFIG__httpsProxy": "http://127.0.0.1:1",
        "FREQTRADE__ROBUSTOP__TIME_STOP_HOURS": "6",
    },
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return two configuration files, the first with comments and a file that it names."""
    base = json.loads((ROOT / "config.json").read_text())
    base["api_server"] = {"enabled": True, "listen_ip_address": "127.0.0.1", "listen_port": 8081, "username": "me"}
    base["api_server"] |= {"password": "x", "verbosity": "error"}
    text = json.dumps({**base, "add_config_files": ["private/keys.json"]}, indent=1)
    (tmp_path / "private").mkdir()
    (tmp_path / "first.json").write_text(text.replace("{", "{ // a comment\n", 1)[:-2] + ",\n}")
    keys = {"db_url": "sqlite:///of_keys.sqlite", "max_open_trades": 99, "api_server": {"ws_token": "t"}}
    (tmp_path / "private" / "keys.json").write_text(json.dumps(keys))
    (tmp_path / "second.json").write_text(json.dumps({"api_server": {"listen_port": 8082}, "dry_run": True}))
    return [tmp_path / "first.json", tmp_path / "second.json"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("count", [1, 2])
def test_it_is_what_freqtrade_reads(files: list[Path], environment: str, count: int, monkeypatch: Any) -> None:
    """Files that name files, comments, a later file, and variables of the environment."""
    for name, value in ENVIRONMENTS[environment].items():
        monkeypatch.setenv(name, value)
    chosen = files[:count]
    theirs = Configuration({"config": [str(file) for file in chosen]}, RunMode.UTIL_NO_EXCHANGE).get_config()
    ours = read_configuration(chosen)
    original = theirs["original_config"]
    assert {key: ours.get(key) for key in KEYS if key != "internals"} == {
        key: original.get(key) for key in KEYS if key != "internals"
    }
    assert ours.get("internals", {}) == original["internals"]
    assert url_in(ours) == url_of(theirs)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("url", [None, "sqlite:///tradesv3.sqlite", "postgresql://host/trades"])
def test_the_url_without_one(url: str | None, dry_run: bool) -> None:
    """Freqtrade's defaults."""
    config = {"dry_run": dry_run, **({} if url is None else {"db_url": url})}
    assert url_in(config) == url_of(config)


@pytest.mark.parametrize(("text", "words"), [("{", "no configuration"), ("[]", "in braces"), (None, "was not read")])
def test_what_is_no_configuration_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    """With the file."""
    file = tmp_path / "broken.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidSettings, match=words) as caught:
        read_configuration([file])
    assert "broken.json" in str(caught.value)


def test_files_that_name_each_other(tmp_path: Path) -> None:
    """End with one line, as in Freqtrade."""
    file = tmp_path / "loop.json"
    file.write_text(json.dumps({"add_config_files": ["loop.json"]}))
    with pytest.raises(InvalidSettings, match="name each other"):
        read_configuration([file])

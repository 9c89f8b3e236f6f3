"""Settings come from the class, the configuration or both, and get a harmless build stamp."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration.environment_vars import environment_vars_to_dict
from freqtrade.exceptions import OperationalException
from freqtrade.optimize.backtest_caching import get_strategy_run_id

import robustop_plugin
from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.startup import build_stamp
from tests.support.hand_candles import TWO_PERCENT, Hand, Signals
from tests.support.host import Host

STOP_AND_TRAIL = {"initial_stop": {"kind": "percent", "percent": 3.0, "period": 20}, "partials": []}


class Bare(robustop_plugin.RobustopMixin, Signals):
    """Has no robustop settings."""


class Own(Bare):
    """Has robustop settings."""

    robustop = {**STOP_AND_TRAIL, "engines": [{"name": "hand_span", "fee_percent": 0.2}]}  # noqa: RUF012


def settings_of(host: Host, strategy: Any, **over: Any) -> Any:
    """Return the settings in force of a loaded strategy."""
    return host.load(strategy, **over)._robustop_settings.default


def test_they_come_from_the_class(host: Host) -> None:
    """Without settings in the configuration the attribute counts, with the documented defaults."""
    settings = settings_of(host, Own)
    assert (settings.initial_stop.percent, settings.initial_stop.period) == (3.0, 20)
    assert settings.initial_stop.fallback_percent == 2.0
    assert settings.engines[0].fee_percent == 0.2


def test_they_come_from_the_configuration(host: Host) -> None:
    """Without an attribute the configuration's settings count."""
    settings = settings_of(host, Bare, robustop=STOP_AND_TRAIL)
    assert settings.initial_stop.percent == 3.0
    assert [engine.name for engine in settings.engines] == ["hand_span"]


def test_the_configuration_wins_key_by_key(host: Host) -> None:
    """Blocks are merged, lists are replaced."""
    over = {"initial_stop": {"percent": 4.0}, "engines": [{"name": "hand_span", "slippage_percent": 0.3}]}
    settings = settings_of(host, Own, robustop=over)
    assert (settings.initial_stop.percent, settings.initial_stop.period) == (4.0, 20)
    assert (settings.engines[0].fee_percent, settings.engines[0].slippage_percent) == (None, 0.3)
    assert Own.robustop["initial_stop"] == STOP_AND_TRAIL["initial_stop"]


def test_they_come_from_the_environment(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys arrive in lower case and numbers converted, as Freqtrade reads its environment."""
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__INITIAL_STOP__PERCENT", "4")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__INITIAL_STOP__PERIOD", "21")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__BREAKEVEN__FEE_PERCENT", "0.25")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__PARTIALS", "[]")
    settings = settings_of(host, Own, robustop=environment_vars_to_dict()["robustop"])
    assert (settings.initial_stop.percent, settings.initial_stop.period) == (4.0, 21)
    assert settings.breakeven.fee_percent == 0.25


@pytest.mark.parametrize(
    ("robustop", "words"),
    [
        ({"enginess": []}, "robustop.enginess was []: unknown key"),
        ({"initial_stop": {"percent": "2"}}, "robustop.initial_stop.percent was '2': it must be a number"),
        ({"initial_stop": {"percent": 0}}, "robustop.initial_stop.percent was 0: it must be > 0"),
        ({"initial_stop": {"percent": float("nan")}}, "robustop.initial_stop.percent was nan"),
        ({"initial_stop": {"kind": "atrr"}}, "robustop.initial_stop.kind was 'atrr'"),
        ({"initial_stop": "atr"}, "robustop.initial_stop was 'atr': it must be a block of settings"),
        ({"engines": []}, "robustop.engines was []: it must have at least 1 entry"),
        ({"engines": [{"name": "hand-span"}]}, "hand-span"),
        ({"pairs": {"HAND/USDT": {"gate": {"min_interval_s": -1}}}}, "HAND/USDT.gate.min_interval_s was -1"),
        ([], "robustop was []: it must be a block of settings"),
        ("on", "robustop was 'on': it must be a block of settings"),
    ],
)
@pytest.mark.parametrize("where", ["configuration", "class"])
def test_a_bad_block_is_one_line(host: Host, robustop: Any, words: str, where: str) -> None:
    """Freqtrade exits with one line that names key, value and bound, wherever the settings came from."""
    bad = {"partials": [], **robustop} if isinstance(robustop, dict) else robustop
    strategy = type("Bad", (Bare,), {"robustop": bad if where == "class" else {}})
    over = {"robustop": bad} if where == "configuration" else {}
    with pytest.raises(OperationalException) as refused:
        host.load(strategy, **over)
    message = str(refused.value)
    assert message.startswith("robustop refuses to start. ")
    assert words in message
    assert "\n" not in message


def test_the_stamp_stands_beside_the_settings(host: Host) -> None:
    """The configuration keeps the settings unchanged and adds the version and hash of the package."""
    config = host.config(robustop={"initial_stop": TWO_PERCENT})
    strategy = host.load(Hand, config)
    assert strategy.config["robustop"] == {"initial_stop": TWO_PERCENT, "package": build_stamp.stamp()}
    assert build_stamp.stamp().startswith(f"{robustop_plugin.__version__}+")


@pytest.mark.parametrize("robustop", [None, {}, {"initial_stop": {"percent": 4.0}}])
def test_a_configuration_loads_again(host: Host, robustop: dict[str, Any] | None) -> None:
    """A stamped configuration, copied or not, gives the same settings and the same stamp."""
    config = host.config() if robustop is None else host.config(robustop=robustop)
    first = host.load(Hand, config)
    for again in (deepcopy(config), config):
        other = host.load(Hand, again)
        assert other._robustop_settings == first._robustop_settings
        assert again["robustop"] == first.config["robustop"]


def test_another_package_is_another_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte in one source file changes the stamp."""
    folder = tmp_path / "robustop_plugin"
    shutil.copytree(Path(robustop_plugin.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(robustop_plugin, "__file__", str(folder / "__init__.py"))
    assert build_stamp.stamp.__wrapped__() == build_stamp.stamp()
    with (folder / "core" / "decide.py").open("a") as source:
        source.write("#")
    assert build_stamp.stamp.__wrapped__() != build_stamp.stamp()


def test_the_host_tells_builds_apart(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of Freqtrade's backtest cache differs between builds, and is stable for the same build."""
    keys = []
    for build in ("0.1.0+one", "0.1.0+one", "0.1.0+two"):
        monkeypatch.setattr(build_stamp, "stamp", lambda build=build: build)
        strategy = host.load(Hand)
        strategy.__file__ = __file__
        keys.append(get_strategy_run_id(strategy))
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("own", [0, 50, 500])
def test_startup_candle_count_stays_the_strategy_s_own(host: Host, own: int) -> None:
    """More candles would change the strategy's own signals."""
    strategy = type("Starts", (Hand,), {"startup_candle_count": own})
    loaded = host.load(strategy, robustop={"initial_stop": {"period": 30, "lookback": 400}})
    assert (loaded.startup_candle_count, loaded.config["startup_candle_count"]) == (own, own)


def test_a_block_of_a_class_behind_the_mixin_counts(host: Host) -> None:
    """A strategy may carry its block and be protected by a class that adds nothing."""
    block = {**Hand.robustop, "time_stop_hours": 7.0}
    behind = type("Behind", (Signals,), {"robustop": block})
    loaded = host.load(type("Mine", (RobustopMixin, behind), {}))
    assert loaded._robustop_settings.default.time_stop_hours == 7.0

"""A bot that reads its configuration again keeps the settings of before if the new block is invalid."""

from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.startup import last_settings
from tests.support.hand_candles import Signals

BROKEN = {"engines": [{"name": "nothing"}]}


class Reloaded(RobustopMixin, Signals):
    """Its configuration has the block."""


@pytest.fixture(autouse=True)
def _no_settings_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a new process does."""
    monkeypatch.setattr(last_settings, "_kept", {})


def configuration(block: Any, file: str = "config.json", runmode: RunMode = RunMode.LIVE) -> dict[str, Any]:
    """Return a bot's configuration as Freqtrade reads it from a file."""
    return {"runmode": runmode, "config_files": [file], "robustop": block}


def percent_of(config: dict[str, Any]) -> float:
    """Return the initial stop's distance in the settings of a strategy that is made with a configuration."""
    percent: float = Reloaded(config)._robustop_settings.default.initial_stop.percent
    return percent


@pytest.mark.parametrize("runmode", [RunMode.LIVE, RunMode.DRY_RUN])
def test_an_invalid_block_keeps_the_settings_of_before(runmode: RunMode, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what is wrong and what is in force; a later valid block is taken."""
    assert percent_of(configuration({"initial_stop": {"percent": 3.0}}, runmode=runmode)) == 3.0
    for broken in (BROKEN, "on"):
        caplog.clear()
        assert percent_of(configuration(broken, runmode=runmode)) == 3.0
        assert "the settings of before stay in force" in caplog.text
        assert last_settings.why_refused(Reloaded, configuration({})) is not None
    assert percent_of(configuration({"initial_stop": {"percent": 4.0}}, runmode=runmode)) == 4.0
    assert last_settings.why_refused(Reloaded, configuration({})) is None


def test_a_bot_that_starts_refuses() -> None:
    """Without settings of before, or with those of another bot, an invalid block ends the start."""
    with pytest.raises(OperationalException, match="'nothing'"):
        percent_of(configuration(BROKEN))
    percent_of(configuration({}, file="another.json"))
    with pytest.raises(OperationalException, match="'nothing'"):
        percent_of(configuration(BROKEN))


def test_a_backtest_refuses() -> None:
    """A backtest would give results of other settings than those that were asked for."""
    percent_of(configuration({}, runmode=RunMode.BACKTEST))
    with pytest.raises(OperationalException, match="'nothing'"):
        percent_of(configuration(BROKEN, runmode=RunMode.BACKTEST))

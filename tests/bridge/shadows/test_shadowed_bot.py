"""A dry-run bot in shadow: the trade is left alone, and what robustop would have done survives a restart.

The trade was bought at 100; Freqtrade's own stop is at 90, robustop's initial stop at 98.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from robustop_plugin.audit.file import AuditFile, read_audit
from robustop_plugin.audit.requests import PANIC, Requests
from robustop_plugin.bridge.facts.shadow_trade import Ending
from robustop_plugin.bridge.state.choice import KEY
from tests.support.bots import Bot, enters
from tests.support.host import Host

SHADOW = {"robustop": {"mode": "shadow"}}
LIVE = {"robustop": {"mode": "live", "canary": 1.0}}


def started(host: Host, path: Path, over: dict[str, Any]) -> Bot:
    """Start a bot, or restart it, whose shadows write into the same file."""
    bot = Bot(host, path, **over)
    shadows = getattr(bot.strategy._robustop_skipper, "_shadows", None)
    if shadows is not None and shadows.main is not None:
        shadows.main.manager.recorder.sink = AuditFile(path, at_once=True)
    return bot


def ending_of(bot: Bot, trade: Trade) -> Ending | None:
    """Return how the shadow of a trade ended."""
    stand_in = bot.strategy._robustop_skipper._shadows.main.stand_ins.of(trade)
    assert stand_in is not None
    ending: Ending | None = stand_in.ending
    return ending


def stop_of(bot: Bot, trade: Trade) -> float:
    """Return the stop of the shadow."""
    return float(bot.strategy._robustop_skipper._shadows.main.stand_ins.of(trade).stop_loss)


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """Return the file of the audit."""
    return tmp_path / "audit.jsonl"


def test_the_trade_of_a_shadow_is_left_alone(host: Host, audit: Path, requests: Requests) -> None:
    """Freqtrade's stop stays where the strategy has it, no exit is added, and the shadow's own stop moves."""
    bot = started(host, audit, SHADOW)
    trade = bot.bought()
    assert bot.look(trade, 104.3) == []
    assert stop_of(bot, trade) == pytest.approx(102.0)
    assert bot.look(trade, 97.0) == []
    assert (trade.stop_loss, trade.is_stop_loss_trailing) == (90.0, False)
    assert bot.look(trade, 89.0) == [(ExitType.STOP_LOSS, "stop_loss")]
    assert trade.get_custom_data("robustop") is None


def test_where_a_shadow_has_ended_survives_a_restart(host: Host, audit: Path, requests: Requests) -> None:
    """The stop that was hit is remembered with its time and price, whatever the price does later."""
    bot = started(host, audit, SHADOW)
    trade = bot.bought()
    bot.look(trade, 104.3)
    again = started(host, audit, SHADOW)
    assert stop_of(again, trade) == pytest.approx(102.0)
    again.look(trade, 101.5, 2)
    ending = ending_of(again, trade)
    assert ending is not None
    assert (ending.price, ending.reason) == (101.5, "trailing_stop_loss")
    third = started(host, audit, SHADOW)
    third.look(trade, 120.0, 3)
    assert ending_of(third, trade) == ending
    closed = [one for one in read_audit(audit) if one["action"] == "closed"]
    assert [(one["price"], one["facts"]["shadow"]) for one in closed] == [(101.5, "engines")]


def test_a_shadowed_trade_stays_shadowed(host: Host, audit: Path, requests: Requests) -> None:
    """After the setting is back to live, robustop still does nothing to a trade that began in shadow."""
    trade = started(host, audit, SHADOW).bought()
    bot = started(host, audit, LIVE)
    bot.look(trade, 104.3)
    assert trade.stop_loss == 90.0
    assert trade.get_custom_data(KEY) is not None


def test_a_trade_that_robustop_acts_on_stays_so(host: Host, audit: Path, requests: Requests) -> None:
    """A trade whose stop was robustop's does not lose it when the setting becomes shadow."""
    trade = started(host, audit, LIVE).bought()
    assert trade.stop_loss == pytest.approx(98.0)
    bot = started(host, audit, SHADOW)
    bot.look(trade, 104.3)
    assert trade.stop_loss == pytest.approx(102.0)


def test_a_panic_closes_shadowed_trades(host: Host, audit: Path, requests: Requests) -> None:
    """What a person asks for is done in shadow too, and entries are refused until the resume."""
    bot = started(host, audit, SHADOW)
    trade = bot.bought()
    assert enters(bot, 1)
    requests.ask(PANIC, 1.0, "hack")
    assert bot.look(trade, 101.0, 2) == [(ExitType.EMERGENCY_EXIT, "robustop_emergency")]
    assert not enters(bot, 3)


def test_a_canary_acts_on_its_share_and_shadows_the_rest(host: Host, audit: Path, requests: Requests) -> None:
    """Of some trades, robustop moves the stop of a part, and leaves that of the others."""
    bot = started(host, audit, {"robustop": {"canary": 0.5}})
    trades = [bot.bought() for _ in range(12)]
    stops = [trade.stop_loss for trade in trades]
    assert set(stops) == {90.0, 98.0}
    for trade, stop in zip(trades, stops, strict=True):
        assert (trade.get_custom_data(KEY) is not None) is (stop == 90.0)
        assert (trade.get_custom_data("robustop") is not None) is (stop == 98.0)


def test_a_number_that_is_given_again_is_drawn_anew(host: Host, audit: Path, requests: Requests) -> None:
    """What was written of an earlier trade with the number counts for neither choice."""
    trade = started(host, audit, LIVE).bought()
    trade.set_custom_data(KEY, {"schema": 1, "identity": [1, "HAND/USDT", 1]})
    bot = started(host, audit, LIVE)
    bot.look(trade, 104.3)
    assert trade.stop_loss == pytest.approx(102.0)

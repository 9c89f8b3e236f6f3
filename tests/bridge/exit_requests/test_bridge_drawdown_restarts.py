"""The drawdown limit of a bot: peak and halt survive restarts and a locked database.

The trade was bought at 100; the initial stop is 98.
"""

from pathlib import Path

import pytest
from freqtrade.enums import ExitType

from robustop_plugin.audit.requests import RESUME, Requests
from tests.support.bots import Bot, enters
from tests.support.fault_injection import refuse
from tests.support.hand_candles import block
from tests.support.host import Host
from tests.support.trades import in_database

FALLEN = [(ExitType.EMERGENCY_EXIT, "robustop_max_drawdown")]
LIMIT = {"dry_run_wallet": 2000, "robustop": {**block(), "max_drawdown_percent": 0.5}}


def test_a_drawdown_survives_a_restart_and_a_resume_measures_anew(
    host: Host, path: Path, tmp_path: Path, requests: Requests
) -> None:
    """The next process knows the peak, the one after it the halt; a resume restarts from the current value."""
    trade = Bot(host, tmp_path / "audit", **LIMIT).bought()
    bots = (Bot(host, tmp_path / "audit", **LIMIT) for _ in range(4))
    assert next(bots).look(trade, 101.0, 1) == []
    assert next(bots).look(trade, 99.99, 2) == FALLEN
    standing = requests.standing()
    assert standing.drawdown is not None
    assert standing.drawdown.startswith("0.50 % from the peak of 2010.00 to 1999.90")
    after = next(bots)
    assert after.look(trade, 101.5, 3) == FALLEN
    assert not enters(after, 3)
    requests.ask(RESUME, 3.0, "fine")
    assert after.look(trade, 99.99, 4) == []
    assert enters(after, 4)
    assert next(bots).look(trade, 98.99, 5) == FALLEN
    assert requests.standing().resumed > 0


def test_after_a_restart_nothing_is_judged_before_all_positions_were_seen(
    host: Host, path: Path, tmp_path: Path
) -> None:
    """Most of the profit is in the second position, whose price the new process does not know yet."""
    before = Bot(host, tmp_path / "audit", **LIMIT)
    trades = before.bought(), in_database()
    for candle in (1, 2):
        assert [before.look(trade, price, candle) for trade, price in zip(trades, (101, 109), strict=True)] == [[], []]
    restarted = Bot(host, tmp_path / "audit", **LIMIT)
    for candle in (3, 4):
        looks = [restarted.look(trade, price, candle) for trade, price in zip(trades, (101, 109), strict=True)]
        assert looks == [[], []]
    assert restarted.look(trades[0], 99.9, 5) == FALLEN


def test_a_fall_that_cannot_be_written_stands_and_is_written_later(
    host: Host, path: Path, tmp_path: Path, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot closes its positions even while another process locks the database."""
    bot = Bot(host, tmp_path / "audit", **LIMIT)
    trade = bot.bought()
    assert bot.look(trade, 101.0) == []
    with monkeypatch.context() as locked:
        locked.setattr(Requests, "ask", refuse)
        assert bot.look(trade, 99.9, 2) == FALLEN
        assert bot.look(trade, 101.0, 3) == FALLEN
    assert requests.standing().drawdown is None
    assert bot.look(trade, 101.0, 4) == FALLEN
    assert requests.standing().drawdown is not None

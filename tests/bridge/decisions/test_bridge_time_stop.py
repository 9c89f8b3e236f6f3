"""The time stop on the real Freqtrade: at the first check after the limit, in a backtest and in a bot.

The entry is 100 at the open of candle 0 of five minutes, the initial stop 98.
"""

from datetime import timedelta
from typing import Any

import pytest
from freqtrade.enums import ExitType

from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, START, Candle, Hand, at
from tests.support.host import Host

TAG = "robustop_time_stop"
QUIET: list[Candle] = [(100.0, 100.3, 99.7, 100.1), *[(100.1, 100.3, 99.8, 100.2)] * 7]
QUARTER = {**BLOCK, "time_stop_hours": 0.25}


@pytest.mark.parametrize(("hours", "candle"), [(0.25, 3), (0.2500001, 4), (0.1, 2), (0.0833, 1), (0.4, 5), (0.001, 1)])
@pytest.mark.parametrize("engine", ["hand_span", "smart_trail", "atr_guard", "r_ladder", "bracket"])
def test_a_backtest_leaves_at_the_first_open_from_the_hour_on(
    host: Host, engine: str, hours: float, candle: int
) -> None:
    """Whatever the engine and however quiet the price, the trade exits at that candle's open."""
    robustop = {**BLOCK, "engines": [{"name": engine}], "time_stop_hours": hours}
    played = host.play(Hand, QUIET, robustop=robustop)
    trade = played.trade
    assert (trade.close_date_utc, trade.close_rate, trade.exit_reason) == (at(candle), 100.1, TAG)
    (record,) = played.of("exit")
    assert (record["reason"], record["new_stop"]) == (TAG, 98.0)


def test_a_quiet_price_is_passed_over_until_then(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices that change nothing are skipped, but the time limit is not missed."""
    passed: list[bool] = []
    passes = NoChangeBounds.absorb_if_unchanged

    def counted(*args: Any) -> bool:
        passed.append(passes(*args))
        return passed[-1]

    monkeypatch.setattr(NoChangeBounds, "absorb_if_unchanged", counted)
    trade = host.play(Hand, QUIET, robustop=QUARTER).trade
    assert (trade.close_date_utc, trade.exit_reason) == (at(3), TAG)
    assert passed.count(True) == 3  # each earlier candle is checked once


def test_the_initial_stop_comes_before(host: Host) -> None:
    """A candle that falls to the stop before the limit ends the trade there."""
    trade = host.play(Hand, [*QUIET[:2], (100.0, 100.1, 97.5, 97.8), *QUIET[3:]], robustop=QUARTER).trade
    assert (trade.close_rate, trade.exit_reason) == (98.0, "stop_loss")


def test_the_stop_that_the_open_has_hit_comes_before(host: Host) -> None:
    """On the candle of the limit, a price beyond the stop exits as a stop, by name as well."""
    trade = host.play(Hand, [*QUIET[:3], (97.0, 97.5, 96.5, 97.0), *QUIET[4:]], robustop=QUARTER).trade
    assert (trade.close_date_utc, trade.close_rate, trade.exit_reason) == (at(3), 97.0, "stop_loss")


def test_without_it_a_trade_stays(host: Host) -> None:
    """By default no time limit ends a trade."""
    assert host.play(Hand, QUIET).trade.exit_reason == "force_exit"


def test_a_bot_leaves_at_the_first_look_from_the_hour_on(host: Host, database: None, tmp_path: Any) -> None:
    """Nothing a second before the quarter of an hour, then the exit, again at each check until it is filled."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=QUARTER)
    trade = bot.bought()

    def look(seconds: float) -> list[tuple[ExitType, str]]:
        now = START + timedelta(seconds=seconds)
        exits = bot.strategy.should_exit(trade, 100.1, now, enter=False, exit_=False)
        return [(exit_.exit_type, exit_.exit_reason) for exit_ in exits]

    assert [look(seconds) for seconds in (10, 20, 600, 899, 899.9)] == [[]] * 5
    assert [look(seconds) for seconds in (900, 905, 1200)] == [[(ExitType.CUSTOM_EXIT, TAG)]] * 3
    assert bot.records("action", "reason") == [("initial", None), ("exit", TAG)]


def test_a_bot_that_was_off_at_the_hour_leaves_when_it_is_back(host: Host, database: None, tmp_path: Any) -> None:
    """The time counts from the fill, not from the start of the process."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=QUARTER)
    trade = bot.bought()
    assert bot.look(trade, 100.1) == []
    restarted = Bot(host, bot.path, robustop=QUARTER)
    assert restarted.look(trade, 100.1, 50) == [(ExitType.CUSTOM_EXIT, TAG)]

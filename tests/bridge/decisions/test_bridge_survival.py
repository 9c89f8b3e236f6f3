"""robustop survives its own errors: the stop in force stays, never looser, and the error is reported.

The entry is 100, the stop 98; the candles lock breakeven at 100.15, then 102, then 104.
"""

import math
from itertools import count
from typing import Any

import pytest
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from tests.support.fault_injection import UP, Watched, refuse
from tests.support.hand_candles import PAIR, Hand, at, block
from tests.support.host import Host, run
from tests.support.trades import bought, in_database

ADAPTIVE = block(adaptive={"min_scale": 0.5})


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf, 0.0, -1.0, None])
@pytest.mark.parametrize("after_fill", [False, True])
@pytest.mark.parametrize("looked", [False, True])
def test_a_rate_that_is_no_price_changes_nothing(
    host: Host, rate: float | None, after_fill: bool, looked: bool
) -> None:
    """An invalid rate gives no stop, exit, record or error, with or without an earlier price."""
    backtesting = host.backtesting(Hand)
    strategy, trade = backtesting.strategy, bought(backtesting)
    if looked:
        strategy._robustop.open_tick(trade, 100.5, at(1))
    before = strategy._robustop.store.get(trade).memory
    assert strategy.custom_stoploss(PAIR, trade, at(2), rate, 0.0, after_fill) is None
    assert not strategy._robustop.open_tick(trade, rate, at(2))
    assert strategy.custom_exit(PAIR, trade, at(2), rate, 0.0) is None
    assert strategy._robustop.store.get(trade).memory == before
    assert strategy._robustop.errors.failures == 0
    assert trade.stop_loss == 98.0


BROKEN = pytest.mark.parametrize(("candle", "stops"), [(1, [98.0]), (2, [98.0, 102.0]), (3, [98.0, 102.0, 104.0])])


def survived(backtesting: Backtesting, stops: list[float], columns: dict[str, Any] | None = None) -> None:
    """Run, and assert that the last of these stops holds from then on and that the errors are reported."""
    played = run(backtesting, UP, columns=columns)
    seen = played.strategy.seen
    assert seen == stops + stops[-1:] * (len(seen) - len(stops))
    assert played.trade.stop_loss == stops[-1]
    reported = played.of("error")
    assert len(reported) == played.strategy._robustop.errors.failures > 0
    assert "broken on purpose" in reported[0]["reason"]
    assert {record["new_stop"] for record in reported} == {stops[-1]}


@BROKEN
def test_a_broken_market_leaves_the_stop_in_force(host: Host, candle: int, stops: list[float]) -> None:
    """From some candle on every candle lookup fails: the stop of the candle before holds to the end."""
    backtesting = host.backtesting(Watched, robustop=ADAPTIVE)
    market = backtesting.strategy._robustop.candles
    market.atr_at = backtesting.strategy.breaks_from(candle, market.atr_at)
    survived(backtesting, stops, {"robustop_atr": [1.0] * 6})


@BROKEN
def test_a_broken_engine_leaves_the_stop_in_force(host: Host, candle: int, stops: list[float]) -> None:
    """From some candle on the engine fails: the stop of the candle before holds to the end."""
    backtesting = host.backtesting(Watched, robustop=ADAPTIVE)
    manager = backtesting.strategy._robustop
    rules = manager._settings_of(PAIR)
    (engine,) = rules.engines
    broken = engine._replace(offer=backtesting.strategy.breaks_from(candle, engine.offer))
    manager._settings_of = lambda _: rules._replace(engines=(broken,))
    survived(backtesting, stops)


def test_a_broken_market_at_the_fill_loosens_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without candles there is no ATR: the stop is never below Freqtrade's own at 90, and the errors are counted."""
    monkeypatch.setattr(AnalyzedCandles, "atr_at", refuse)
    played = host.play(Watched, UP[:1] * 3, robustop=block({"kind": "atr"}))
    assert min(played.strategy.seen) >= 90.0
    assert played.strategy._robustop.errors.failures > 0


def test_a_market_that_is_back_after_the_fill_gives_the_initial_stop(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failed candle lookup at the fill does not cost the trade its initial stop."""
    works, calls = AnalyzedCandles.atr_at, count()
    monkeypatch.setattr(AnalyzedCandles, "atr_at", lambda *args: works(*args) if next(calls) else refuse())
    played = host.play(Watched, [(100.0, 100.5, 99.5, 100.0)] * 3)
    assert played.strategy.seen[-1] == 98.0


@pytest.mark.usefixtures("database")
def test_an_error_is_sent_where_there_is_a_channel(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running bot notifies the user of the pair and that the stop stays: here the initial one, at 98."""
    strategy, trade = host.start(Hand, runmode="dry_run"), in_database()
    sent: list[str] = []
    monkeypatch.setattr(strategy.dp, "send_msg", lambda text, **_: sent.append(text))
    monkeypatch.setattr(strategy._robustop, "_settings_of", refuse)
    assert strategy.should_exit(trade, 111.0, at(1), enter=False, exit_=False) == []
    assert trade.stop_loss == 98.0
    assert strategy._robustop.errors.failures == 1
    (_, text) = sent
    assert "protected from now on. The stop is 98" in sent[0]
    assert all(words in text for words in (PAIR, "broken on purpose", "the stop in force stays"))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("part", ["recorder", "store", "fills"])
def test_a_loop_begins_whatever_fails_first(host: Host, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Freqtrade would end its loop before any stop is checked."""
    strategy = host.start(Hand, runmode="dry_run")
    begun: list[str] = []
    for name in ("recorder", "store", "fills"):
        begin = refuse if name == part else lambda name=name: begun.append(name)
        monkeypatch.setattr(getattr(strategy._robustop, name), "new_loop", begin)
    strategy.analyze([])
    assert begun == [name for name in ("recorder", "store", "fills") if name != part]

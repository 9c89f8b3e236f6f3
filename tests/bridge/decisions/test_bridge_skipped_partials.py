"""Partial sales that cannot be due: with and without skipping the call, a backtest is the same to the last digit."""

from typing import Any

import pytest
from freqtrade.strategy import IStrategy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from tests.bridge.partials.test_bridge_partials_life import ENGINES, SCHEDULES, Step, live, steps
from tests.support.bridge_scenarios import BacktestedTrade
from tests.support.hand_candles import Signals
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import Sells, flat, play, sold, with_partials


class Plain(Sells):
    """Supports the scenarios, without callbacks of its own."""

    rests = False
    buys = 0.0


class Overridden(Sells):
    """Overrides `adjust_trade_position`."""

    def adjust_trade_position(self, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""
        return super().adjust_trade_position(*args, **kwargs)


class Behind(Signals):
    """A base class behind the mixin that may buy more."""

    def adjust_trade_position(self, *args: Any, **kwargs: Any) -> None:
        """Return None."""


class Before(RobustopMixin, Behind):
    """The mixin in front of that base class."""

    position_adjustment_enable = True
    robustop = with_partials()


class PlainLife(BacktestedTrade):
    """A trade that only robustop sells in parts."""

    kind = Plain


class OverriddenLife(BacktestedTrade):
    """A trade of a strategy that adjusts its positions itself."""

    kind = Overridden


def left(host: Host, path: list[Step], robustop: dict[str, Any], **over: Any) -> tuple[Any, ...]:
    """Return stops, orders and all records of a trade, including facts."""
    life = PlainLife(host, robustop, **over)
    live(life, [step._replace(rests=None) for step in path])
    trade = life.trade
    orders = [(order.ft_order_tag, order.safe_filled, order.safe_price) for order in trade.orders]
    return life.stops, orders, life.records, (trade.is_open, trade.max_rate, trade.min_rate, trade.close_profit_abs)


@given(
    path=st.lists(steps, min_size=4, max_size=18),
    schedule=st.sampled_from([*SCHEDULES, []]),
    engines=st.lists(st.sampled_from(ENGINES), min_size=1, max_size=2, unique_by=lambda engine: engine["name"]),
    short=st.booleans(),
    amount=st.sampled_from([0.12, 0.333, 10.0]),
)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_life_is_the_same_without_it(
    host: Host, path: list[Step], schedule: list[list[Any]], engines: list[dict[str, Any]], short: bool, amount: float
) -> None:
    """Stops, orders and records are equal when Freqtrade asks at every candle, and when engines are asked as well."""
    robustop = with_partials(schedule, *engines)
    over = {"is_short": short, "amount": amount, "stake_amount": amount * 100}
    shortened = left(host, path, robustop, **over)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CandleSkipper, "skip_partials", lambda *_: False)
        assert left(host, path, robustop, **over) == shortened
        patch.setattr(NoChangeBounds, "compute_first_bounds", lambda *_, **__: None)
        assert left(host, path, robustop, **over) == shortened
        patch.setattr(NoChangeBounds, "absorb_if_unchanged", lambda *_: False)
        assert left(host, path, robustop, **over) == shortened


def asked(host: Host, monkeypatch: pytest.MonkeyPatch, opens: tuple[float, ...], strategy: Any, **over: Any) -> int:
    """Return the number of candles at which Freqtrade asks for sales."""
    prices: list[float] = []
    sale_at = TradeManager.sale_at
    monkeypatch.setattr(
        TradeManager, "sale_at", lambda owner, *args: (prices.append(args[1]), sale_at(owner, *args))[1]
    )
    play(host, flat(*opens), strategy, **over)
    return len(prices)


QUIET = (100.0, 101.0, 102.5, 103.9)


def test_the_host_asks_at_the_rungs_alone(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the next rung Freqtrade does not ask; at the rung it sells."""
    assert asked(host, monkeypatch, QUIET, Sells) == 0
    monkeypatch.undo()
    assert asked(host, monkeypatch, (*QUIET, 104.0, 103.0, 105.0), Sells) == 1
    assert [tag for tag, *_ in sold(play(host, flat(*QUIET, 104.0), Sells))] == ["robustop_2R", "force_exit"]


@pytest.mark.parametrize("strategy", [Overridden, Before])
def test_where_somebody_else_would_be_asked_the_host_asks(
    host: Host, monkeypatch: pytest.MonkeyPatch, strategy: type[IStrategy]
) -> None:
    """A strategy, or its base class, that overrides position sizes is asked at every candle."""
    # robustop's part is asked for before the callback, and again by the mixin's own.
    assert asked(host, monkeypatch, QUIET, strategy) == 2 * len(flat(*QUIET))


def test_a_portion_is_asked_for_at_every_candle(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the engine knows the portion's level; nothing is sold on the entry candle."""
    over = {"robustop": with_partials([], {"name": "hand_span", "portion": 0.5})}
    assert asked(host, monkeypatch, QUIET, Sells, **over) == len(flat(*QUIET)) - 1


def test_an_entry_that_moved_is_asked_about(host: Host) -> None:
    """A trade whose open rate differs from the last decision may have a sale due at any price."""
    life = PlainLife(host, with_partials())
    life.candle((100.0, 100.1, 99.9, 100.0))
    shortcut: CandleSkipper = life.strategy._robustop_skipper
    moment = life.trade.open_date_utc.replace(hour=1)
    assert shortcut.skip_partials(life.trade, 100.0, moment)
    life.trade.open_rate = 99.5
    assert not shortcut.skip_partials(life.trade, 100.0, moment)


def test_a_host_that_tells_no_rate_asks(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Freqtrade does not pass the rate, nothing is skipped and nothing breaks."""
    life = OverriddenLife(host, with_partials())
    life.candle((100.0, 100.1, 99.9, 100.0))
    calls: list[dict[str, Any]] = []
    answer = 7.0, "theirs"
    monkeypatch.setattr(IStrategy, "_adjust_trade_position_internal", lambda _, **given: calls.append(given) or answer)
    moment = life.trade.open_date_utc.replace(hour=1)
    assert life.strategy._adjust_trade_position_internal(trade=life.trade, current_time=moment, other=1.0) == answer
    assert calls == [{"trade": life.trade, "current_time": moment, "other": 1.0}]


@pytest.mark.usefixtures("database")
def test_a_bot_is_asked_in_every_loop(host: Host, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a dry run nothing is skipped."""
    bot = LiveBot(host, tmp_path / "audit")
    bot.bought()
    rates: list[float] = []
    monkeypatch.setattr(TradeManager, "sale_at", lambda owner, trade, rate, *_: rates.append(rate))
    for rate in (100.0, 101.0, 102.0):
        bot.loop(rate)
    assert rates == [100.0, 101.0, 102.0]


def test_an_error_in_it_costs_nothing(host: Host) -> None:
    """If skipping fails, Freqtrade asks, the part is sold, and the error is reported."""
    life = PlainLife(host, with_partials())
    life.strategy._robustop_skipper._manager = None
    for shape in flat(100.0, 104.0):
        life.candle(shape)
    assert [order.ft_order_tag for order in life.trade.orders] == [None, "robustop_2R"]
    assert {record.reason.partition(":")[0] for record in life.records if record.action == "error"} == {
        "skip_stop_update",
        "skip_partials",
        "skip_exit_checks",
        "move_without_host",
    }

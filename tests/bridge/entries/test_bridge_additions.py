"""Additional purchases of a strategy: within the risk limit, and never while the bot is halted.

The entry buys 10 at 100 with the stop at 98, so that it risks 20 of the 10,000 in the wallet: a fifth of a percent.
"""

import logging
from pathlib import Path
from typing import Any, ClassVar

import pytest
from freqtrade.persistence import LocalTrade, Trade
from freqtrade.wallets import Wallets

from robustop_plugin import RobustopMixin
from robustop_plugin.audit.requests import DRAWDOWN, PANIC, RESUME, Requests
from robustop_plugin.runner.check import _findings
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, PAIR, Candle, Hand, Signals, at
from tests.support.host import Host, Played
from tests.support.live_bot import LiveBot
from tests.support.trades import in_database, order_of

WALLET: dict[str, Any] = {"dry_run_wallet": 10_000, "position_adjustment_enable": True}


class Buys(Hand):
    """Buys more at the open of some candles."""

    position_adjustment_enable = True
    buys: ClassVar[dict[int, float]] = {}

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, **kwargs: Any) -> Any:
        """Call `super()`, and buy."""
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        return ours or next((stake for candle, stake in self.buys.items() if at(candle) == current_time), None)


class BuysBehind(Signals):
    """A base class behind the mixin that buys ten more at the second candle."""

    position_adjustment_enable = True

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, *args: Any, **kwargs: Any) -> Any:
        """Buy, with a tag."""
        return (990.0, "more") if current_time == at(1) else None


class InFront(RobustopMixin, BuysBehind):
    """The mixin in front of that base class."""


def limited(percent: float | None, stop: float = 2.0, **over: Any) -> dict[str, Any]:
    """Return settings that limit the total risk of all trades, without slippage."""
    initial_stop = {"kind": "percent", "percent": stop}
    risk = {} if percent is None else {"risk": {"max_portfolio_percent": percent}}
    return {**BLOCK, "initial_stop": initial_stop, "breakeven": {"slippage_percent": 0.0}, **risk, **over}


def flat(price: float) -> Candle:
    """Return a candle with one price."""
    return (price, price + 0.1, price - 0.1, price)


def bought_more(host: Host, buys: dict[int, float], candles: list[Candle], **over: Any) -> Played:
    """Backtest with these purchases."""
    return host.play(type("Once", (Buys,), {"buys": buys}), candles, **{**WALLET, **over})


def entries(played: Played) -> list[float]:
    """Return the entry prices of the only trade."""
    return [order.safe_price for order in played.trade.orders if order.ft_order_side == "buy"]


@pytest.mark.parametrize(
    ("price", "percent", "allowed"),
    [
        (99.0, 0.299, False),  # ten units at 99 lose 10 down to 98, plus 20 for the entry
        (99.0, 0.3, True),
        (101.0, 0.499, False),  # ten at 101 lose 30
        (101.0, 0.5, True),
        (99.0, None, True),
    ],
)
def test_an_addition_risks_the_way_to_the_stop_in_force(
    host: Host, price: float, percent: float | None, allowed: bool
) -> None:
    """An addition exactly at the limit is made; beyond it, it is refused with one line in log and audit."""
    played = bought_more(host, {1: price * 10}, [flat(100), flat(price), flat(price)], robustop=limited(percent))
    assert entries(played) == ([100.0, price] if allowed else [100.0])
    assert len(played.of("refused")) == (0 if allowed else 1)


def test_the_reason_is_told(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Log and audit name both risks, the limit and what it allows."""
    with caplog.at_level(logging.WARNING):
        played = bought_more(host, {1: 990.0}, [flat(100), flat(99), flat(99)], robustop=limited(0.25))
    (record,) = played.of("refused")
    reason = "it risks 10 beside 20 of the open trades, max_portfolio_percent of 0.25 allows 25"
    assert (record["pair"], record["side"], record["price"], record["reason"]) == (PAIR, 1, 99.0, reason)
    assert f"the addition to {PAIR} is refused: {reason}" in caplog.text


def test_a_purchase_of_a_base_behind_the_mixin_is_refused_too(host: Host) -> None:
    """The check applies to the final answer to Freqtrade, whichever class wants to buy."""
    candles = [flat(100), flat(99), flat(99)]
    assert entries(host.play(InFront, candles, robustop=limited(0.3), **WALLET)) == [100.0, 99.0]
    assert entries(host.play(InFront, candles, robustop=limited(0.29), **WALLET)) == [100.0]


@pytest.mark.parametrize("fee", [0.0, 0.001])
def test_averaging_down_loses_no_more_than_the_limit(host: Host, fee: float) -> None:
    """A strategy that buys 1500 more at every candle down to a stop 10 percent away loses at most 2 percent."""
    candles = [flat(100.0 - 0.5 * number) for number in range(20)] + [(90.5, 90.6, 85.0, 86.0), flat(86)]
    block = limited(2.0, stop=10.0)
    over: dict[str, Any] = {"stake_amount": 1500, "stoploss": -0.5, "fee": fee}
    buys = dict.fromkeys(range(1, 20), 1500.0)
    free = bought_more(host, buys, candles, robustop=limited(None, stop=10.0), **over)
    assert free.trade.close_profit_abs < -240
    played = bought_more(host, buys, candles, robustop=block, **over)
    assert (played.trade.close_rate, played.trade.exit_reason) == (90.0, "stop_loss")
    assert -200 <= played.trade.close_profit_abs < -185
    assert len(entries(played)) > 1


def wanted(strategy: Any, trade: Trade, stake: float, rate: float, **over: Any) -> Any:
    """Return the answer to Freqtrade when the strategy wants to buy for a stake at a rate."""
    strategy.adjust_trade_position = lambda **_: stake
    rates = dict.fromkeys(("current_rate", "current_entry_rate", "current_exit_rate"), rate)
    profits = dict.fromkeys(("current_profit", "current_entry_profit", "current_exit_profit"), 0.0)
    stakes = {"min_stake": None, "max_stake": 1e6}
    return strategy._adjust_trade_position_internal(
        trade=trade, **{"current_time": at(1), **rates, **profits, **stakes, **over}
    )


def started(host: Host, percent: float | None, strategy: type[Any] = Hand, **over: Any) -> Any:
    """Return the strategy of a started bot with money."""
    robustop = limited(percent)
    loaded = host.start(strategy, runmode="dry_run", robustop=robustop, **{**WALLET, **over})
    loaded.wallets = Wallets(loaded.config, host.exchange)
    return loaded


SIDES = [
    ({"stop_loss": 97.0}, 99.0, 0.3 + 0.2),
    ({"is_short": True, "stop_loss": 103.0}, 101.0, 0.3 + 0.2),
    ({"leverage": 3.0, "stop_loss": 97.0}, 99.0, 0.3 + 0.6),
    ({"leverage": 3.0, "is_short": True, "stop_loss": 103.0}, 101.0, 0.3 + 0.6),
    # A stop beyond the entry costs nothing, but what is bought above it does.
    ({"stop_loss": 102.0}, 104.0, 0.2),
    # A purchase below its own stop has nothing left to lose: the stop is hit.
    ({"stop_loss": 97.0}, 96.0, 0.3),
]


@pytest.mark.parametrize(("over", "rate", "percent"), SIDES)
def test_both_sides_and_any_leverage(
    host: Host, database: None, over: dict[str, Any], rate: float, percent: float
) -> None:
    """The stake buys ten units, or thirty with leverage, and each risks the distance to Freqtrade's stop."""
    trade = in_database(**over)
    assert wanted(started(host, percent - 0.001), trade, rate * 10, rate) == (None, "")
    assert wanted(started(host, percent + 0.001), trade, rate * 10, rate) == (rate * 10, "")


def test_an_addition_that_rests_counts_at_its_own_price(host: Host, database: None) -> None:
    """Ten that wait at 105 lose 80 down to 97, plus 30 for the trade: the next ten at 99 risk 20 more."""
    trade = in_database(stop_loss=97.0)
    trade.orders.append(order_of(trade, 105.0, 10.0, id=None))
    Trade.commit()
    assert wanted(started(host, 1.299), trade, 990.0, 99.0) == (None, "")
    assert wanted(started(host, 1.301), trade, 990.0, 99.0) == (990.0, "")


def test_while_the_first_order_rests_the_stop_is_not_known(host: Host, database: None) -> None:
    """An entry of ten rests at 100: ten more at 97 risk their own 2 percent, 19.4, not the distance to a stop at 98."""
    trade = in_database(amount=0.0)
    Trade.session.delete(trade.orders[0])
    trade.orders = [order_of(trade, 100.0, 10.0, id=None)]
    Trade.commit()
    assert wanted(started(host, 0.393), trade, 970.0, 97.0) == (None, "")
    assert wanted(started(host, 0.395), trade, 970.0, 97.0) == (970.0, "")


@pytest.mark.parametrize(("stakes", "percent"), [({"min_stake": 1188.0}, 0.54), ({"max_stake": 495.0}, 0.4)])
def test_the_stake_is_what_the_host_makes_of_it(
    host: Host, database: None, stakes: dict[str, float], percent: float
) -> None:
    """A stake below the minimum is raised to it, 12 units at 99; one above the balance becomes five."""
    trade = in_database(stop_loss=97.0)
    assert wanted(started(host, percent - 0.001), trade, 990.0, 99.0, **stakes) == (None, "")
    assert wanted(started(host, percent + 0.001), trade, 990.0, 99.0, **stakes) == (990.0, "")


class Names(Hand):
    """Sets the price of its entries."""

    def custom_entry_price(self, proposed_rate: float, **kwargs: Any) -> float:
        """Return a price above the market."""
        return proposed_rate * 1.05


def test_a_price_that_the_strategy_names_counts_at_its_worst(host: Host, database: None) -> None:
    """Freqtrade allows one percent worse here: 9.9 units at 99.99 lose 29.6 down to 97, plus 30."""
    trade = in_database(stop_loss=97.0)
    near = {"custom_price_max_distance_ratio": 0.01}
    risk = (30 + 990 / 99.99 * 2.99) / 100
    assert wanted(started(host, risk - 0.001, Names, **near), trade, 990.0, 99.0) == (None, "")
    assert wanted(started(host, risk + 0.001, Names, **near), trade, 990.0, 99.0) == (990.0, "")


def test_sales_and_what_is_dropped_anyway_are_not_judged(host: Host, database: None) -> None:
    """Sales and empty answers pass, and a trade that has used all its entries gets no refusal in the audit."""
    trade = in_database(stop_loss=97.0)
    strategy = started(host, 0.01)
    for stake in (-500.0, 0.0, None):
        assert wanted(strategy, trade, stake, 99.0) == (stake, "")
    full = started(host, 0.01, max_entry_position_adjustment=0)
    assert wanted(full, trade, 990.0, 99.0) == (990.0, "")
    assert full._robustop.recorder.refusals == 0


def test_a_check_that_fails_refuses(host: Host, database: None) -> None:
    """Without a wallet the risk is unknown, and nothing is bought."""
    strategy = started(host, 90)
    strategy.wallets = None
    assert wanted(strategy, in_database(), 990.0, 99.0) == (None, "")


@pytest.mark.parametrize(("kind", "word"), [(PANIC, "panic"), (DRAWDOWN, "drawdown")])
def test_no_addition_while_the_bot_is_halted(host: Host, path: Path, tmp_path: Path, kind: str, word: str) -> None:
    """Purchases are refused until the resume, even without a risk limit, and reported once per candle."""
    bot = Bot(host, tmp_path / "audit.jsonl", **WALLET)
    trade, requests = bot.bought(), Requests(Trade.session.get_bind())
    assert wanted(bot.strategy, trade, 990.0, 99.0) == (990.0, "")
    requests.ask(kind, 1.0, "why")
    for _ in range(3):
        assert wanted(bot.strategy, trade, 990.0, 99.0) == (None, "")
    reason = f"{word} (why): `robustop resume` lets entries in again"
    assert bot.records("action", "reason")[1:] == [("refused", reason)]
    assert wanted(bot.strategy, trade, 990.0, 99.0, current_time=at(2)) == (None, "")
    assert bot.records("action", "reason")[1:] == [("refused", reason)] * 2
    requests.ask(RESUME, 2.0, "done")
    assert wanted(bot.strategy, trade, 990.0, 99.0) == (990.0, "")


class Eager(Hand):
    """Wants to buy for 990 in every loop."""

    position_adjustment_enable = True

    def adjust_trade_position(self, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`, and buy."""
        return super().adjust_trade_position(*args, **kwargs) or 990.0


@pytest.mark.parametrize(("percent", "bought"), [(0.299, []), (0.301, [990.0, 990.0])])
def test_the_loop_of_a_bot_buys_only_what_is_allowed(
    host: Host, database: None, tmp_path: Path, percent: float, bought: list[float]
) -> None:
    """Freqtrade's own loop gets no order beyond the limit; ten more at 99 risk 10, plus 20."""
    bot = LiveBot(host, tmp_path / "audit", Eager, robustop=limited(percent), **WALLET)
    bot.bought()
    bot.strategy.wallets = Wallets(bot.strategy.config, host.exchange)
    ordered: list[float] = []
    bot.bot.execute_entry = lambda _, stake, **__: ordered.append(stake)
    for _ in range(2):
        bot.loop(99.0)
    assert ordered == bought
    assert [action for (action,) in bot.told("action")].count("refused") == (0 if bought else 1)


class Deaf(Hand):
    """Adjusts positions through a private method of Freqtrade."""

    def _adjust_trade_position_internal(self, *args: Any, **kwargs: Any) -> Any:
        """Return a purchase without calling `super()`."""
        return 500.0, ""


def test_an_override_that_leaves_the_limit_out_is_a_problem(host: Host) -> None:
    """`robustop check` reports it if there is a limit."""
    found = [one for one in _findings(host.load(Deaf, robustop=limited(2.0))) if "internal" in one.detail]
    assert [finding.verdict for finding in found] == ["problem"]
    assert not [one for one in _findings(host.load(Deaf, robustop=limited(None))) if "internal" in one.detail]

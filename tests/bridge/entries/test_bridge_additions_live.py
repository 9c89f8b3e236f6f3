"""Additional purchases of a bot: within the risk limit, and never while the bot is halted."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from robustop_plugin.audit.requests import DRAWDOWN, PANIC, RESUME, Requests
from tests.support.bots import Bot
from tests.support.hand_candles import Hand, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.risk_limits import WALLET, limited
from tests.support.trades import in_database, order_of


def wanted(strategy: Any, trade: Trade, stake: float, rate: float, **over: Any) -> Any:
    """Return the answer to Freqtrade when the strategy wants to buy for a stake at a rate."""
    strategy.adjust_trade_position = lambda **_: stake
    strategy._robustop_skipper.asks_for_adjustments = True
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
    assert [action for (action,) in bot.recorded("action")].count("refused") == (0 if bought else 1)

"""One call of one callback: with values as Freqtrade gives them, or with values that make no sense."""

import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from freqtrade.persistence import LocalTrade, Trade

from tests.fuzz.world import PAIR, World, soon
from tests.support.trades import AMOUNT

NO_PRICES: list[Any] = [*[None, math.nan, math.inf, -math.inf, 0.0, -1.0, -0.0] * 4, 1e-12, 1e12]
MOMENTS = [timedelta(0), timedelta(hours=-5), timedelta(days=-400), timedelta(days=400), timedelta(seconds=-1)]


class Call(NamedTuple):
    """A call.

    Attributes:
        name: Name of the callback, or of what happened.
        trade: The trade, if it concerns one.
        values: The arguments, by name.
        sane: True if Freqtrade may call so.
        again: Makes the same call on a strategy.
    """

    name: str
    trade: Any
    values: dict[str, Any]
    sane: bool
    again: Callable[[Any], Any]


class Draws:
    """Draws calls in a world."""

    def __init__(self, world: World) -> None:
        """Take the world."""
        self.world, self.draw = world, world.draw
        self.before: Call | None = None

    def call(self) -> Call:
        """Return a call: a new one, or the one of before."""
        if self.before is not None and self.draw.random() < 0.1:
            return self.before
        self.before = self.draw.choices(CALLS, WEIGHTS)[0](self)
        return self.before

    def price(self, *, sane: bool) -> Any:
        """Return a price near the last one, or none."""
        draw, world = self.draw, self.world
        if not sane and draw.random() < 0.7:
            return draw.choice(NO_PRICES)
        if draw.random() < 0.05:
            return round(world.price * draw.choice([0.5, 0.9, 1.1, 2.0]), 2)
        world.price = min(max(world.price * (1 + draw.gauss(0, 0.004)), 60.0), 160.0)
        return round(world.price, 2)

    def moment(self, *, sane: bool) -> Any:
        """Return the time, later than before, or any."""
        draw, world = self.draw, self.world
        if sane:
            world.now = soon(draw, world.now)
            return world.now
        moment: datetime | None = world.now + draw.choice(MOMENTS)
        return draw.choice([moment] * 6 + [world.now.replace(tzinfo=None), None])

    def trade(self, *, sane: bool) -> Any:
        """Return a trade, for a sane call an open one that has an order and an amount."""
        usual = [trade for trade in self.world.trades if trade.is_open and trade.amount and trade.orders]
        return self.draw.choice(usual if sane and usual else self.world.trades)

    def sane(self) -> bool:
        """Return True for a call as Freqtrade makes it."""
        return self.draw.random() < 0.6


def of(name: str, trade: Any, sane: bool, /, **values: Any) -> Call:
    """Return a call of a strategy's method with values by name."""
    return Call(name, trade, values, sane, lambda strategy: getattr(strategy, name)(**values))


def should_exit(draws: Draws) -> Call:
    """Look for exits, of a candle in a backtest."""
    sane = draws.sane()
    trade, rate, now = draws.trade(sane=sane), draws.price(sane=sane), draws.moment(sane=sane)
    values = {"rate": rate, "current_time": now, "enter": draws.draw.random() < 0.1, "exit_": draws.draw.random() < 0.1}
    if not draws.world.is_live or (not sane and draws.draw.random() < 0.3):
        other, third = draws.price(sane=sane), draws.price(sane=sane)
        low, high = (min(rate, other, third), max(rate, other, third)) if sane else (other, third)
        values |= {"low": low, "high": high}
    return of("should_exit", trade, sane, trade=trade, **values)


def ft_stoploss_adjust(draws: Draws) -> Call:
    """Update the stop, or after a fill."""
    sane = draws.sane()
    trade, rate = draws.trade(sane=sane), draws.price(sane=sane)
    fill = draws.draw.random() < 0.2
    profit = rate / trade.open_rate - 1 if sane else draws.draw.choice([0.0, math.nan, None])
    return of(
        "ft_stoploss_adjust",
        trade,
        # Freqtrade reports a fill of a trade at its own rate; a long-filled trade is not reported at any other.
        sane and not fill,
        current_rate=rate,
        trade=trade,
        current_time=draws.moment(sane=sane),
        current_profit=profit,
        force_stoploss=0,
        after_fill=fill,
    )


def custom_stoploss(draws: Draws) -> Call:
    """Ask for the stop."""
    sane = draws.sane()
    trade = draws.trade(sane=sane)
    return of(
        "custom_stoploss",
        trade,
        sane,
        pair=trade.pair,
        trade=trade,
        current_time=draws.moment(sane=sane),
        current_rate=draws.price(sane=sane),
        current_profit=0.0 if sane else math.nan,
        after_fill=not sane and draws.draw.random() < 0.5,
    )


def custom_exit(draws: Draws) -> Call:
    """Ask for an exit."""
    sane = draws.sane()
    trade = draws.trade(sane=sane)
    values = {"pair": trade.pair, "trade": trade, "current_time": draws.moment(sane=sane)}
    return of("custom_exit", trade, sane, **values, current_rate=draws.price(sane=sane), current_profit=0.0)


def custom_roi(draws: Draws) -> Call:
    """Ask for the profit that is taken."""
    sane = draws.sane()
    trade = draws.trade(sane=sane)
    values = {"pair": trade.pair, "trade": trade, "current_time": draws.moment(sane=sane), "trade_duration": 5}
    return of("custom_roi", trade, sane, **values, entry_tag=None, side=trade.trade_direction)


def position(draws: Draws) -> Call:
    """Ask for parts of the position."""
    sane = draws.sane()
    trade, price = draws.trade(sane=sane), draws.price(sane=sane)
    values = {"trade": trade, "current_time": draws.moment(sane=sane), "current_rate": price, "current_profit": 0.0}
    stake = {"min_stake": 5.0 if sane else draws.draw.choice([None, 0.0, math.nan, 1e9]), "max_stake": 1e6}
    rates = {"current_entry_rate": price, "current_exit_rate": price}
    profits = {"current_entry_profit": 0.0, "current_exit_profit": 0.0}
    name = draws.draw.choice(["_adjust_trade_position_internal", "adjust_trade_position"])
    return of(name, trade, sane, **values, **stake, **rates, **profits)


def confirm_trade_entry(draws: Draws) -> Call:
    """Ask whether an entry may be made."""
    sane = draws.sane()
    values = {"pair": PAIR, "order_type": "limit", "time_in_force": "GTC", "entry_tag": None}
    amount = AMOUNT if sane else draws.draw.choice([0.0, None, math.nan, -1.0])
    values |= {"rate": draws.price(sane=sane), "amount": amount, "current_time": draws.moment(sane=sane)}
    return of("confirm_trade_entry", None, sane, **values, side=draws.draw.choice(["long", "short"]))


def custom_stake_amount(draws: Draws) -> Call:
    """Ask for the size of an entry."""
    sane = draws.sane()
    values = {"pair": PAIR, "current_time": draws.moment(sane=sane), "current_rate": draws.price(sane=sane)}
    values |= {"proposed_stake": 1000.0, "min_stake": 5.0, "max_stake": 1e6, "leverage": 1.0}
    if not sane:
        values |= {"min_stake": None, "max_stake": math.nan, "leverage": draws.draw.choice([None, 0.0, math.nan])}
    return of("custom_stake_amount", None, sane, **values, entry_tag=None, side=draws.draw.choice(["long", "short"]))


def timeouts(draws: Draws) -> Call:
    """Ask whether an order has rested too long; a trade may have none."""
    sane = draws.sane()
    trade = draws.trade(sane=sane)
    order = draws.draw.choice(trade.orders) if trade.orders else None
    name = draws.draw.choice(["check_entry_timeout", "check_exit_timeout"])
    values = {"pair": trade.pair, "trade": trade, "order": order, "current_time": draws.moment(sane=sane)}
    return of(name, trade, sane and order is not None, **values)


def confirm_trade_exit(draws: Draws) -> Call:
    """Ask whether an exit may be made."""
    sane = draws.sane()
    trade = draws.trade(sane=sane)
    reason = draws.draw.choice(["stop_loss", "trailing_stop_loss", "robustop_emergency", "exit_signal", "roi"])
    values = {"pair": trade.pair, "trade": trade, "order_type": "limit", "amount": trade.amount, "exit_reason": reason}
    values |= {"rate": draws.price(sane=sane), "time_in_force": "GTC", "current_time": draws.moment(sane=sane)}
    return of("confirm_trade_exit", trade, sane, **values)


def order_filled(draws: Draws) -> Call:
    """Report any order of a trade once more."""
    trade = draws.trade(sane=True)
    if not trade.orders:
        return order_missing(draws)
    values = {"pair": trade.pair, "trade": trade, "order": draws.draw.choice(trade.orders)}
    # A backtest reports each fill once.
    return of("order_filled", trade, draws.world.is_live, **values, current_time=draws.moment(sane=True))


def order_missing(draws: Draws) -> Call:
    """Report the fill of an order that no trade has."""
    trade = draws.trade(sane=False)
    values = {"pair": trade.pair, "trade": trade, "order": None, "current_time": draws.moment(sane=True)}
    return of("order_filled", trade, False, **values)


def fill(draws: Draws) -> Call:
    """Fill a later entry or a partial exit, as Freqtrade does, and report it."""
    trade, price, now = draws.trade(sane=True), draws.price(sane=True), draws.moment(sane=True)
    buys, world = draws.draw.random() < 0.5, draws.world
    amount = AMOUNT / 2 if buys else round(trade.amount / 2, 3)

    def happen(strategy: Any) -> None:
        order = world.add_order(trade, trade.entry_side if buys else trade.exit_side, price, amount)
        trade.recalc_trade_from_orders()
        strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=now)
        profit = trade.calc_profit_ratio(price)
        strategy.ft_stoploss_adjust(price, trade, now, profit, 0, after_fill=True)
        if world.is_live:
            Trade.commit()

    return Call("fill", trade, {"buys": buys, "price": price, "amount": amount}, False, happen)


def end(draws: Draws) -> Call:
    """Sell a trade, and buy another one; the next one may get its number."""
    world, trade, price, now = draws.world, draws.trade(sane=True), draws.price(sane=True), draws.moment(sane=True)
    deletes = draws.draw.random() < 0.3

    def happen(strategy: Any) -> None:
        if not any(known is trade for known in world.trades):
            return
        if trade.is_open and not deletes and trade.amount:
            order = world.add_order(trade, trade.exit_side, price, trade.amount)
            strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=now)
            trade.close(price)
            if world.is_live:
                strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=now)
        if world.is_live and deletes:
            trade.delete()
        if world.is_live:
            Trade.commit()
        elif trade in LocalTrade.bt_trades_open:
            LocalTrade.bt_trades_open.remove(trade)
        world.trades[:] = [known for known in world.trades if known is not trade]
        world.trades.append(world.buy())

    return Call("end", trade, {"deletes": deletes, "price": price}, False, happen)


def loop(draws: Draws) -> Call:
    """Begin a loop, with new candles or without."""
    fresh = draws.draw.random() < 0.5

    def happen(strategy: Any) -> None:
        if fresh:
            draws.world.analyze()
        strategy.analyze([])

    return Call("analyze", None, {"fresh": fresh}, True, happen)


def restart(draws: Draws) -> Call:
    """Kill the process and start it again, with what was committed. A backtest never resumes."""
    world = draws.world

    def happen(_: Any) -> None:
        if world.is_live:
            Trade.commit()
            Trade.session.expire_all()
            world.start()

    return Call("restart", None, {}, True, happen)


WEIGHTED: dict[Callable[[Draws], Call], int] = {
    should_exit: 30,
    ft_stoploss_adjust: 12,
    custom_stoploss: 10,
    custom_exit: 6,
    custom_roi: 6,
    position: 10,
    confirm_trade_entry: 4,
    custom_stake_amount: 4,
    timeouts: 5,
    confirm_trade_exit: 4,
    order_filled: 4,
    order_missing: 1,
    fill: 1,
    end: 1,
    loop: 3,
    restart: 0.2,  # type: ignore[dict-item]
}
CALLS, WEIGHTS = list(WEIGHTED), list(WEIGHTED.values())


def seeded(seed: int, world: int) -> random.Random:
    """Return what a world is drawn from."""
    return random.Random(f"{seed}:{world}")  # noqa: S311 (a fuzz)

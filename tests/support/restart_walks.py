"""Random walks of one trade in a bot that may be killed at any moment, with only what the database holds left.

A kill drops everything that the process knows of the trade: its record and the session's rows. What remains is
robustop's state under its custom-data key, and Freqtrade's own row with `max_rate`, `min_rate` and `stop_loss`.
"""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from freqtrade.enums import CandleType
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData
from pandas import DataFrame, date_range

from robustop_plugin.core.memory import Memory
from tests.support.hand_candles import PAIR, PERCENT, START, STEP, TWO_PERCENT, Hand, at
from tests.support.host import Host
from tests.support.trades import in_database, order_of

LOOKS = (60, 150, 240)
"""Seconds after the opening of each candle at which the trade is checked."""
CANDLES = 14
BEFORE = 30
"""Candles that closed before the entry."""

ENGINES: dict[str, list[dict[str, Any]]] = {
    "hand_span": [{"name": "hand_span"}],
    "adaptive": [{"name": "hand_span", "adaptive": {"min_scale": 0.3}}],
    "smart_trail": [{"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 1.0}],
    "late smart_trail": [
        {
            "name": "smart_trail",
            "activation_percent": 3.0,
            "activate_after_minutes": 12,
            "min_profit_percent": 0.1,
            "distance_percent": 1.0,
            "breakeven_percent": 0.8,
        }
    ],
    "atr_guard": [{"name": "atr_guard", "breakeven_atr": 1.0, "trail_atr": 1.0}],
    "r_ladder": [{"name": "r_ladder", "rungs": [[0.25, "breakeven"], [0.5, 0.5], [1.0, 0.75]]}],
    "all": [
        {"name": "bracket", "base_ratio": 3.0},
        {"name": "hand_span", "adaptive": {"min_scale": 0.3}},
        {"name": "smart_trail", "activation_percent": 0.9, "distance_percent": 1.3},
        {"name": "atr_guard", "breakeven_atr": 1.5, "trail_atr": 1.5},
        {"name": "r_ladder"},
    ],
}


class Look(NamedTuple):
    """One check of the trade.

    Attributes:
        cents: The price, in cents; of a short trade mirrored at the entry.
        candle: Number of the candle, counted from the entry.
        seconds: Seconds since the candle's opening.
        buys: True if as much again is bought at this price, after the check.
    """

    cents: int
    candle: int
    seconds: int
    buys: bool


class Walk(NamedTuple):
    """The prices of one trade, and the ATR of each candle.

    Attributes:
        side: +1 long, -1 short.
        looks: The checks, in order.
        atrs: ATR of each candle from the first one before the entry, in price; NaN if unknown.
    """

    side: int
    looks: list[Look]
    atrs: list[float]

    def price(self, look: Look) -> float:
        """Return the price of a check."""
        return (10_000 + self.side * (look.cents - 10_000)) / 100


class Seen(NamedTuple):
    """What a check left behind.

    Attributes:
        stop: Freqtrade's stop, in price.
        exits: The reasons of its exits.
        memory: robustop's memory.
    """

    stop: float
    exits: tuple[str, ...]
    memory: Memory


def walk_of(seed: int, *, averages: bool, gaps: bool) -> Walk:
    """Return a walk that rises more than it falls, sometimes with purchases, sometimes with candles without an ATR."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    cents, looks = 10_000, []
    for candle in range(CANDLES):
        for seconds in LOOKS:
            cents += dice.choice((-70, -30, -20, -10, 0, 10, 20, 30, 40, 60))
            looks.append(Look(cents, candle, seconds, averages and dice.random() < 0.08))
    atrs = [dice.choice((0.3, 0.5, 0.7, 1.0, 1.4)) for _ in range(BEFORE + CANDLES)]
    if gaps:
        atrs = [float("nan") if number > BEFORE and dice.random() < 0.3 else atr for number, atr in enumerate(atrs)]
    return Walk(dice.choice((1, -1)), looks, atrs)


class Life:
    """One trade of a bot, checked along a walk.

    Attributes:
        trade: Freqtrade's trade.
        walk: Its prices.
    """

    def __init__(self, host: Host, walk: Walk, block: dict[str, Any]) -> None:
        """Start the bot, and buy ten at 100."""
        self.walk = walk
        self._strategy = host.start(Hand, runmode="dry_run", robustop=block)
        self._delivered = -1
        self._deliver(0)
        away = 100.0 - walk.side * 10.0
        self.trade = in_database(
            max_rate=None, min_rate=None, is_short=walk.side < 0, stop_loss=away, initial_stop_loss=away
        )
        self._strategy.order_filled(pair=PAIR, trade=self.trade, order=self.trade.orders[0], current_time=at(0))
        self._strategy.ft_stoploss_adjust(100.0, self.trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()

    def loop(self, look: Look, killed: Callable[[str], bool]) -> Seen | None:
        """Run a loop of the bot; return what it left, None if the bot was killed before Freqtrade's commit.

        Args:
            look: The check.
            killed: Called with the name of each moment at which the bot may be killed; True kills it there.
        """
        self._deliver(look.candle)
        self._strategy.analyze([])
        if killed("after analysis"):
            self.kill()
        price, now = self.walk.price(look), at(look.candle) + timedelta(seconds=look.seconds)
        exits = self._strategy.should_exit(self.trade, price, now, enter=False, exit_=False)
        if killed("before the commit"):
            self.kill()
            return None
        Trade.commit()
        if look.buys and not exits:
            self._buy(price, now)
        seen = Seen(self.trade.stop_loss, tuple(exit_.exit_reason for exit_ in exits), self.memory)
        if killed("after the loop"):
            self.kill()
        return seen

    @property
    def memory(self) -> Memory:
        """What robustop remembers of the trade."""
        state = self._strategy._robustop.store.get(self.trade)
        assert state is not None
        return state.memory

    def kill(self) -> None:
        """Drop what only the process knows."""
        for session in (Trade.session, _CustomData.session):
            session.rollback()
            session.expire_all()
        self._strategy._robustop.open_trades.forget(self.trade.id)

    def _buy(self, price: float, now: Any) -> None:
        filled = {"ft_is_open": False, "status": "closed", "filled": 10.0, "remaining": 0.0, "id": None}
        order = order_of(self.trade, price, **filled, order_date=now, order_filled_date=now)
        self.trade.orders.append(order)
        self.trade.recalc_trade_from_orders()
        self._strategy.order_filled(pair=PAIR, trade=self.trade, order=order, current_time=now)
        self._strategy.ft_stoploss_adjust(price, self.trade, now, 0.0, 0, after_fill=True)
        Trade.commit()

    def _deliver(self, candle: int) -> None:
        """Deliver the candles that have closed when a candle opens, once."""
        if candle == self._delivered:
            return
        self._delivered = candle
        rows = [(100.0,) * 4] * BEFORE
        for number in range(candle):
            prices = [self.walk.price(look) for look in self.walk.looks if look.candle == number]
            rows.append((prices[0], max(prices) + 0.05, min(prices) - 0.05, prices[-1]))
        frame = DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
        frame.insert(0, "date", date_range(START - BEFORE * STEP, periods=len(rows), freq=STEP))
        frame["volume"], frame["robustop_atr"] = 1000.0, self.walk.atrs[: len(rows)]
        dp = self._strategy.dp
        dp._set_cached_df(PAIR, self._strategy.timeframe, frame, CandleType.SPOT)


def block_of(engines: str, anchor: str) -> dict[str, Any]:
    """Return settings with these engines, and a first stop two percent away."""
    return {
        "partials": [],
        "anchor": anchor,
        "breakeven": PERCENT,
        "initial_stop": TWO_PERCENT,
        "engines": ENGINES[engines],
    }


def lived(life: Life, killed: Callable[[str], bool], skipped: frozenset[int] = frozenset()) -> Iterator[Seen | None]:
    """Yield what each check leaves, up to the first one that exits; None for checks that are skipped or lost."""
    for number, look in enumerate(life.walk.looks):
        if number in skipped:
            yield None
            continue
        seen = life.loop(look, killed)
        yield seen
        if seen is not None and seen.exits:
            return

"""Random walks through the real backtester, checked against a model of the two ticks in exact rationals.

1. After every candle, Freqtrade's stored stop is the decided one.
2. The stop never loosens.
3. The stop and the exit equal the model's.
4. The audit ends with Freqtrade's last stop, and each record continues from the one before.
"""

import math
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from freqtrade.enums import ExitCheckTuple
from freqtrade.persistence import LocalTrade
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from tests.support.hand_candles import Candle, Hand, at, block
from tests.support.host import Host
from tests.support.markets import examples

CENT = Fraction(1, 100)
CROSSED = "crossed"
"""An exit at a level crossed by an open; Freqtrade receives its own trailing-stop reason for it."""


class Watched(Hand):
    """Records time, Freqtrade's stop and the decided stop at the end of each candle."""

    seen: list[tuple[datetime, float, float]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[ExitCheckTuple]:
        """Record after Freqtrade's decision."""
        exits = super().should_exit(trade, *args, **kwargs)
        decided = self._robustop.store.get(trade).memory.stop
        self.seen.append((args[1], trade.stop_loss, decided))
        return exits


class End(NamedTuple):
    """How a trade ends: the candle, the reason, and the price (None: Freqtrade's rule for the reason)."""

    candle: int
    reason: str
    price: Fraction | None


class Model:
    """The stop of a long trade with spans of `percent`, candle by candle."""

    def __init__(self, entry: Fraction, percent: int, late: int) -> None:
        """Open at `entry`; from candle `late` on the trail stands at the last whole span."""
        self.entry = self.best = entry
        self.stop = self.on_grid(entry * (100 - percent) / 100)
        self.risk = entry - self.stop
        self.wanted = Fraction(0)
        self.late = late
        self.moved = False

    @staticmethod
    def on_grid(price: Fraction) -> Fraction:
        """Return the price rounded up to the cent."""
        return math.ceil(price / CENT) * CENT

    def crosses(self, price: Fraction, candle: int) -> bool:
        """Process one price above the stop; return whether it has crossed the level that is due."""
        self.best = max(self.best, price)
        spans = (self.best - self.entry) // self.risk
        lag = 0 if candle >= self.late else 1
        offers = [self.entry * Fraction(10015, 10000)] * (spans >= 1)
        offers += [self.entry + (spans - lag) * self.risk] * (spans >= 2 or (spans >= 1 and lag == 0))
        cleared = [level for level in map(self.on_grid, offers) if level < self.best]
        self.wanted = max([self.wanted, *cleared])
        if self.wanted <= self.stop:
            return False
        if price <= self.wanted:
            return True
        if price >= self.entry:
            self.stop, self.moved = self.wanted, True
        return False

    def end(self, candles: list[Candle]) -> tuple[list[Fraction], End]:
        """Return the stop after every candle, and how the trade ends."""
        stops = []
        for number, numbers in enumerate(candles):
            opening, high, low, _ = (Fraction(repr(price)) for price in numbers)
            left = number > 0 and opening > self.stop and self.crosses(opening, number)
            if not left and high > self.stop and low > self.stop:
                self.crosses(high, number)
            stops.append(self.stop)
            if left:
                return stops, End(number, CROSSED, opening)
            if low <= self.stop:
                reason = "trailing_stop_loss" if self.moved else "stop_loss"
                price = opening if self.stop > high else self.stop
                return stops, End(number, reason, None if self.moved and number == 0 else price)
        return stops, End(len(candles) - 1, "force_exit", opening)


steps = st.tuples(st.integers(-60, 90), st.integers(-150, 180), st.integers(0, 90), st.integers(0, 45))


@st.composite
def walks(draw: st.DrawFn) -> list[Candle]:
    """Draw candles from an entry at 50 to 200 on: gap, body and both wicks in cents."""
    close = draw(st.integers(5000, 20000))
    candles = []
    for gap, body, above, below in draw(st.lists(steps, min_size=4, max_size=24)):
        opening = close + (gap if candles else 0)
        close = opening + body
        cents = (opening, max(opening, close) + above, min(opening, close) - below, close)
        candles.append(tuple(number / 100 for number in cents))
    return candles


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(candles=walks(), percent=st.integers(1, 3), late=st.sampled_from([2, 4, 8, 100]))
def test_the_stop_of_the_host_is_the_decided_one(host: Host, candles: list[Candle], percent: int, late: int) -> None:
    """Laws 1 to 4 hold on every walk."""
    robustop = block({"kind": "percent", "percent": float(percent)}, tighten={"after_hours": late / 12, "lag": 0.0})
    played = host.play(Watched, candles, robustop=robustop)
    trade, seen = played.trade, played.strategy.seen
    stops = [stop for _, stop, _ in seen]
    assert stops == [decided for _, _, decided in seen]
    assert stops == sorted(stops)
    expected, end = Model(Fraction(repr(candles[0][0])), percent, late).end(candles)
    assert [Fraction(repr(stop)) for stop in stops] == expected
    reason = "trailing_stop_loss" if end.reason == CROSSED else end.reason
    assert (trade.close_date_utc, trade.exit_reason) == (at(end.candle), reason)
    assert end.price in (None, Fraction(repr(trade.close_rate)))
    assert played.records[-1]["new_stop"] == trade.stop_loss
    for before, after in zip(played.records, played.records[1:], strict=False):
        assert after["old_stop"] == before["new_stop"]


@pytest.mark.parametrize("reason", ["stop_loss", "trailing_stop_loss", CROSSED, "force_exit"])
def test_the_walks_reach_every_end(reason: str) -> None:
    """Each kind of exit occurs on some walk, with at least two moves before a trailing stop."""

    def reached(candles: list[Candle]) -> bool:
        stops, end = Model(Fraction(repr(candles[0][0])), 1, 4).end(candles)
        return end.reason == reason and (reason in ("stop_loss", "force_exit") or len({*stops}) > 2)

    assert find(walks(), reached, settings=settings(max_examples=5000, database=None, phases=[Phase.generate]))

"""Trades in Freqtrade's backtester, one candle of its own loop at a time, with the stop recorded around every fill."""

from typing import Any, NamedTuple

from freqtrade.persistence import LocalTrade
from pandas import Timestamp

from robustop_plugin.core.trade_state import TradeState
from tests.oracle.life import exact
from tests.support.bridge_scenarios import BacktestedTrade, Resting
from tests.support.hand_candles import PAIR, Candle, at
from tests.support.invariants import LOT
from tests.support.trades import bought

CENTS = 100


class Asked(NamedTuple):
    """A sell request of robustop: stake and tag, the lots that Freqtrade makes of it, and whether an order rested."""

    stake: float
    tag: str
    lots: int
    rested: bool


def asked_of(trade: Any, answer: Any) -> Asked | None:
    """Return the request in an answer of robustop; Freqtrade divides exactly and truncates."""
    if answer is None:
        return None
    stake, tag = answer
    part = -exact(stake) * exact(trade.amount) / exact(trade.stake_amount)
    return Asked(stake, tag, int(part / LOT), trade.has_open_orders)


class Drawn(Resting):
    """Sells and buys at limits this many cents away, and records the stop around every possible fill.

    Attributes:
        away: cents beyond the open at which a sale is placed.
        below: cents below the open at which a purchase is placed.
        spans: stop before and after each possible fill, and the decided stop.
        asked: robustop's request at the last candle.
    """

    away = below = 0
    spans: list[tuple[float, float, float]]
    asked: Asked | None
    _since: float

    def begin(self, trade: LocalTrade) -> None:
        """Start a candle."""
        self.spans, self.asked, self._since = [], None, trade.stop_loss

    def custom_exit_price(self, pair: str, trade: Any, proposed_rate: float, **kwargs: Any) -> float:
        """Return a price beyond the open."""
        return proposed_rate + (-1 if trade.is_short else 1) * self.away / CENTS

    def custom_entry_price(self, pair: str, trade: Any, proposed_rate: float, **kwargs: Any) -> float:
        """Return a price better than the open."""
        return proposed_rate - (-1 if trade.is_short else 1) * self.below / CENTS

    def _adjust_trade_position_internal(self, trade: Any, **kwargs: Any) -> Any:
        """Record what robustop sells."""
        wanted = super()._adjust_trade_position_internal(trade=trade, **kwargs)
        self.asked = asked_of(trade, wanted if wanted[0] is not None and wanted[0] < 0 else None)
        return wanted

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy with the requested stake; Freqtrade asks if robustop sells nothing."""
        stake, self.buys = self.buys, 0.0
        return stake if stake > 0 else None

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[Any]:
        """Record the stop before and after the exit check."""
        self.note(trade)
        exits = super().should_exit(trade, *args, **kwargs)
        self._since = trade.stop_loss
        return exits

    def end(self, trade: LocalTrade) -> None:
        """End a candle."""
        if trade.is_open:
            self.note(trade)

    def note(self, trade: LocalTrade) -> None:
        """Record the stop after a possible fill."""
        self.spans.append((self._since, trade.stop_loss, self._robustop.store.get(trade).memory.stop))


class Walk(BacktestedTrade):
    """One trade after another, as Freqtrade's loop processes them."""

    kind = Drawn

    def candle(self, shape: Candle) -> None:
        """Let Freqtrade's loop process one candle."""
        self.candles += 1
        now = at(self.candles)
        self.strategy.begin(self.trade)
        row = (Timestamp(now), *shape, 0, 0, 0, 0, None, None)
        self.backtesting.backtest_loop(row, PAIR, now, None, False)
        self.strategy.end(self.trade)
        self.stops.append(self.trade.stop_loss)

    def buy_again(self, **over: Any) -> None:
        """Buy again after the last trade has ended."""
        self.trade = bought(self.backtesting, trade_id=self.trade.id + 1, **over)
        LocalTrade.add_bt_trade(self.trade)
        self.stops = [self.trade.stop_loss]

    def known(self) -> TradeState | None:
        """Return the strategy's state of the trade."""
        return self.strategy._robustop.store.get(self.trade) if self.trade.is_open else None

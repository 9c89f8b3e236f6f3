"""Spares a backtest the host's whole look at a candle of which nothing can come: for an open trade most of its time.

At every candle of every trade the host computes two profits and asks for the stop, a profit target and an exit. Where
the stop is not hit, no signal exits, no profit target exists, no engine has anything new to say up to the candle's
extreme, and nobody but robustop would be asked, the answer is "no exit", and the stop stays. The candle's extremes
are noted for the trade, as the host does. Where positions are sold in parts, the host asks before that whether a part
is due, and the answer is "none" up to the price of the next rung. Whatever else a strategy or another of its bases
does here switches either of them off.
"""

import math
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.trade_copies import only_ours
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error
from robustop_plugin.core.side import LONG, beyond

ASKED = (
    "should_exit",
    "ft_stoploss_adjust",
    "ft_stoploss_reached",
    "min_roi_reached",
    "min_roi_reached_entry",
    "custom_stoploss",
    "custom_exit",
)
"""What the host runs or asks at a candle: each has to be the host's own or robustop's."""
ASKED_FOR_PARTS = ("_adjust_trade_position_internal", "adjust_trade_position")
"""The same, of the size of a position."""


class CandleSkipper:
    """Knows the candles that the host need not look at.

    Attributes:
        is_there: in a backtest of a strategy of which nothing else would be asked.
        knows_parts: likewise, of the size of its positions.
    """

    def __init__(self, strategy: IStrategy, mixin: type[IStrategy], desk: TradeManager) -> None:
        """Look once at who would be asked."""
        # robustop puts its own callbacks on the instance: only what belongs to neither is somebody else's.
        line = type(strategy)
        self.is_there = (
            desk.simulated
            and desk.alone
            and desk.exit_requests.idle
            and all(only_ours(line, mixin, name) for name in ASKED)
        )
        self.knows_parts = desk.simulated and all(only_ours(line, mixin, name) for name in ASKED_FOR_PARTS)
        self._desk = desk
        self.report_error, self.lock, self.meet = desk.report_error, desk.lock, desk.meet

    @returns_none_on_error
    def skip_exit_checks(
        self,
        trade: Trade,
        strategy: IStrategy,
        price: float,
        now: datetime,
        low: float | None,
        high: float | None,
        more: object,
    ) -> bool:
        """Return whether nothing can come of a candle; its extremes are then noted.

        Args:
            trade: the host's trade.
            strategy: whose values hyperopt may change from one epoch to the next.
            price: at the open.
            now: the candle's opening time.
            low: of the candle; None in a bot.
            high: of the candle; None in a bot.
            more: anything else that the host asks for, as an exit signal: true for something.
        """
        if more or low is None or high is None or not self.is_there:
            return False
        if strategy.minimal_roi or strategy.use_custom_roi or not low <= price <= high:
            return False
        if not self._is_calm(trade, low, high, now):
            return False
        trade.adjust_min_max_rates(high, low)
        return True

    @returns_none_on_error
    def skip_partials(self, trade: Trade, price: float | None, now: datetime) -> bool:
        """Return whether no part of a position can be due at a price; where the host tells none, that is not known."""
        if price is None or not self.knows_parts:
            return False
        state = self._desk.store.get(trade)
        if state is None:
            return False
        self._desk.partials.sync_with_orders(trade, state)
        return not self._desk.partials.may_be_due(trade, state, price, now)

    @returns_none_on_error
    def skip_stop_update(self, trade: Trade, low: float | None, high: float | None, now: datetime) -> bool:
        """Return whether nothing can come of asking for the stop at the favourable extreme of a candle.

        Where the other extreme has hit the stop, the host does not ask, and the candle is left to it.

        Args:
            trade: the host's trade.
            low: of the candle; None in a bot, and where no candle is looked at.
            high: of the candle; likewise.
            now: the candle's opening time.
        """
        if low is None or high is None or not self._desk.alone:
            return False
        return self._is_calm(trade, low, high, now)

    def _is_calm(self, trade: Trade, low: float, high: float, now: datetime) -> bool:
        """Return whether neither stop nor liquidation is hit, and nothing comes of the favourable extreme."""
        state = self._desk.store.get(trade)
        if state is None or not 0 < low <= high < math.inf:
            return False
        side = state.position.side
        extreme, other = (high, low) if side == LONG else (low, high)
        hit = beyond(side, other, trade.stop_loss)
        if hit or (trade.liquidation_price and beyond(side, other, trade.liquidation_price)):
            return False
        return self._desk.absorb_if_unchanged(trade, state, extreme, now)

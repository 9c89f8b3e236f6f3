"""Skips Freqtrade's exit checks on candles that cannot end the trade. They take most of a backtest's time.

At every candle of every trade Freqtrade computes two profits and asks for the stop, a profit target and an exit. The
answer is "no exit, and the stop stays" if all of this holds: the stop is not hit, no signal exits, there is no profit
target, no engine changes its mind up to the candle's extreme, and only robustop would be asked. The candle's extremes
are then recorded on the trade, as Freqtrade does. If an engine does change its mind, the stop is moved without asking
Freqtrade, unless the candle reaches the new stop.

If positions are sold in parts, Freqtrade asks before that whether a part is due, and the answer is "none" up to the
price of the next rung. Whatever else a strategy or another of its bases does here switches either of them off.
"""

import math
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.trade_copies import only_ours
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.stop_updates import StopUpdates
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error
from robustop_plugin.core.side import LONG, beyond

ASKED = (
    "should_exit",
    "ft_stoploss_adjust",
    "ft_stoploss_reached",
    "min_roi_reached",
    "min_roi_reached_entry",
    "custom_exit",
)
"""What Freqtrade runs or asks at a candle, but for the stop: each has to be Freqtrade's own or robustop's."""
ASKED_FOR_PARTS = ("_adjust_trade_position_internal", "adjust_trade_position")
"""The same for the size of a position."""


class CandleSkipper:
    """Skips what Freqtrade need not do at a candle.

    Attributes:
        skips_exits: True in a backtest of a strategy that has nothing else to ask at a candle.
        skips_parts: True if the same holds for the size of its positions.
        asks_for_adjustments: True if the strategy may adjust its positions itself; False without a callback for that,
            and if it had position adjustment switched off and robustop has switched it on.
    """

    def __init__(
        self, strategy: IStrategy, mixin: type[IStrategy], manager: TradeManager, *, adjusts_positions: bool
    ) -> None:
        """Find out once who would be asked; `adjusts_positions` is the strategy's own `position_adjustment_enable`."""
        # robustop puts its own callbacks on the instance, so only what the class has can be somebody else's.
        line = type(strategy)
        self.skips_exits = (
            manager.simulated and manager.exit_requests.idle and all(only_ours(line, mixin, name) for name in ASKED)
        )
        ours = not adjusts_positions and any(block.sells_parts for block in manager.settings.blocks())
        self.asks_for_adjustments = not ours and not all(only_ours(line, mixin, name) for name in ASKED_FOR_PARTS)
        self.skips_parts = manager.simulated and not self.asks_for_adjustments
        self._manager = manager
        self._stops = StopUpdates(manager)
        self.breaker, self.lock, self.meet = manager.breaker, manager.lock, manager.meet

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
        """Return True if a candle cannot change the trade; its extremes are then recorded.

        Args:
            trade: Freqtrade's trade.
            strategy: The strategy, whose values hyperopt may change from one epoch to the next.
            price: The candle's open.
            now: The candle's opening time.
            low: The candle's low; None in a bot.
            high: The candle's high; None in a bot.
            more: True if there is anything else to check, such as an exit signal.
        """
        if more or low is None or high is None or not self._is_ours(strategy, price, low, high):
            return False
        if not self._absorb_candle(trade, low, high, now):
            return False
        trade.adjust_min_max_rates(high, low)
        return True

    @returns_none_on_error
    def move_without_host(
        self,
        trade: Trade,
        strategy: IStrategy,
        price: float,
        now: datetime,
        low: float | None,
        high: float | None,
        more: object,
    ) -> bool:
        """Decide at the favorable extreme of a candle whose open was decided on; return True if no exit is due.

        Freqtrade would do the same after it has computed profits and asked for exits that nobody wants. A candle that
        hits the stop, before or after it has moved, is left to Freqtrade: at the same price the same is decided.

        Args:
            trade: Freqtrade's trade.
            strategy: The strategy.
            price: The candle's open.
            now: The candle's opening time.
            low: The candle's low; None in a bot.
            high: The candle's high; None in a bot.
            more: True if there is anything else to check, such as an exit signal.
        """
        if more or low is None or high is None or not self._is_ours(strategy, price, low, high):
            return False
        state = self._manager.store.get(trade)
        if state is None or strategy.use_custom_stoploss or self._manager.exit_at(trade, now) is not None:
            return False
        extreme, other = (high, low) if state.position.side == LONG else (low, high)
        if not 0 < low <= high < math.inf or is_hit(trade, state.position.side, other):
            return False
        trade.adjust_min_max_rates(high, low)
        self._stops.apply(trade, extreme, now, after_fill=False)
        return not is_hit(trade, state.position.side, other)

    def _is_ours(self, strategy: IStrategy, price: float, low: float, high: float) -> bool:
        """Return True if nothing but robustop's stop can end the trade at a candle. Hyperopt may switch the rest."""
        if not self.skips_exits or self._manager.own.move_the_stop:
            return False
        return not (strategy.minimal_roi or strategy.use_custom_roi) and low <= price <= high

    @returns_none_on_error
    def skip_partials(self, trade: Trade, price: float | None, now: datetime) -> bool:
        """Return True if no part of a position can be due at a price; without a price that is unknown."""
        if price is None or not self.skips_parts:
            return False
        state = self._manager.store.get(trade)
        if state is None:
            return False
        self._manager.partials.sync_with_orders(trade, state)
        return not self._manager.partials.may_be_due(trade, state, price, now)

    @returns_none_on_error
    def skip_stop_update(self, trade: Trade, low: float | None, high: float | None, now: datetime) -> bool:
        """Return True if the favorable extreme of a candle cannot change the stop.

        If the other extreme has hit the stop, Freqtrade does not ask, and the candle is left to it.

        Args:
            trade: Freqtrade's trade.
            low: The candle's low; None in a bot, and if no candle is looked at.
            high: The candle's high; likewise.
            now: The candle's opening time.
        """
        if low is None or high is None or self._manager.own.move_the_stop:
            return False
        return self._absorb_candle(trade, low, high, now)

    def _absorb_candle(self, trade: Trade, low: float, high: float, now: datetime) -> bool:
        """Record the favorable extreme; return True if it changes nothing and neither stop nor liquidation is hit."""
        state = self._manager.store.get(trade)
        if state is None or not 0 < low <= high < math.inf:
            return False
        side = state.position.side
        extreme, other = (high, low) if side == LONG else (low, high)
        return not is_hit(trade, side, other) and self._manager.absorb_if_unchanged(trade, state, extreme, now)


def is_hit(trade: Trade, side: int, worst: float) -> bool:
    """Return True if the unfavorable extreme of a candle hits Freqtrade's stop, or the liquidation price."""
    if beyond(side, worst, trade.stop_loss):
        return True
    return bool(trade.liquidation_price and beyond(side, worst, trade.liquidation_price))

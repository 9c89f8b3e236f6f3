"""Switches position adjustment off in a backtest at candles that open where no part of any position can be due.

Freqtrade computes profits, stakes and limits for every open trade before it asks whether the size of a position is to
change, which takes a quarter of a backtest's time. It reads the strategy's switch each time, so the switch is set when
a candle begins, from the opens of that candle: the same prices at which it would ask.
"""

import logging
from datetime import datetime
from typing import Any

from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.positions import SWITCH
from robustop_plugin.bridge.decisions.manager import TradeManager

logger = logging.getLogger(__name__)

CALLBACK = "bot_loop_start"


class AdjustmentSwitch:
    """Freqtrade's `bot_loop_start` of one strategy: sets the switch, then calls the strategy's own."""

    def __init__(self, strategy: IStrategy, manager: TradeManager) -> None:
        """Take the strategy, whose switch is on, and the manager of its trades."""
        self._strategy = strategy
        self._manager = manager

    def __call__(self, **question: Any) -> None:
        """Set the switch for the candle that begins."""
        setattr(self._strategy, SWITCH, self.may_be_due(question["current_time"]))
        getattr(type(self._strategy), CALLBACK)(self._strategy, **question)

    def may_be_due(self, now: datetime) -> bool:
        """Return True if Freqtrade has to ask for any position at this candle's open; also after an error."""
        try:
            trades, moment = LocalTrade.bt_trades_open, now.timestamp() if LocalTrade.bt_trades_open else 0.0
            return any(self._may_be_due(trade, moment) for trade in trades)
        except Exception:
            logger.exception("robustop: the switch of partial exits failed; Freqtrade asks at every candle")
            return True

    def _may_be_due(self, trade: Any, moment: float) -> bool:
        # An open order may be canceled before Freqtrade asks, and what it has filled counts then.
        if trade.has_open_orders and trade.nr_of_successful_entries:
            return True
        state = self._manager.store.get(trade)
        if state is None:
            # It has no position yet, or none that robustop manages.
            return False
        price = self._manager.candles.closed.open_at(trade.pair, moment)
        return price is None or self._manager.partials.is_near(trade, state, price)


def switch_at_candles(strategy: IStrategy, manager: TradeManager) -> None:
    """Have the switch of a strategy set at every candle, if it is on and only robustop's parts are asked for.

    Detail candles have opens of their own, so the switch stays on with them.
    """
    if strategy.config.get("timeframe_detail") or not getattr(strategy, SWITCH):
        return
    try:
        setattr(strategy, SWITCH, True)
    except AttributeError:
        # A property of the strategy's own.
        return
    setattr(strategy, CALLBACK, AdjustmentSwitch(strategy, manager))


def leave_on(strategy: IStrategy) -> None:
    """Undo what an earlier start of the same strategy has set."""
    if isinstance(vars(strategy).get(CALLBACK), AdjustmentSwitch):
        delattr(strategy, CALLBACK)
        setattr(strategy, SWITCH, True)

"""Decides about trades without acting: every decision is made on a stand-in of the trade, and audited.

This is robustop as ever, with its own manager, states and records, on another list of engines or on trades that it does
not act on. What it decides is done to the stand-in: that is the one place where acting and shadowing differ. What
Freqtrade would have made of it, such as the price of a stop that is hit inside a candle, is in `fills.py`.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from freqtrade.exchange.exchange_utils import amount_to_contract_precision
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.callbacks.own_stops import HOST
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.stop_updates import StopLook, StopUpdates
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.shadow_trade import Ending, ShadowTrade, final_profit, outcome_of
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.shadows.fills import TARGET_TAG, CandleSeen, ending_inside, host_is_first
from robustop_plugin.bridge.shadows.stand_ins import StandIns
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond

logger = logging.getLogger(__name__)

SmallestStake = Callable[[str, float], float | None]
"""Returns the smallest order of a pair at a price, in stake currency."""


def _nothing() -> None:
    """Do nothing: stops of the strategy's own move Freqtrade's trade, and end the stand-in with it."""


class Shadow:
    """One list of engines that decides without acting.

    Attributes:
        manager: Decides; it is given stand-ins instead of trades.
        stand_ins: Keeps the stand-ins.
    """

    def __init__(self, manager: TradeManager, smallest_stake: SmallestStake) -> None:
        """Take the manager of the stand-ins."""
        self.manager = manager
        self.stand_ins = StandIns(manager.store)
        self.breaker, self.meet = manager.breaker, manager.meet
        self.lock: AbstractContextManager[Any] | None = manager.lock
        self._stops = StopUpdates(manager)
        self._smallest_stake = smallest_stake
        self._candle: CandleSeen | None = None

    def new_loop(self) -> None:
        """Begin a loop of a bot: store the records and states of the last one."""
        with self.lock or nullcontext():
            self.manager.store.new_loop()
            self.manager.recorder.flush()

    @returns_none_on_error
    def before_exits(self, trade: Trade, price: float, now: datetime, low: float | None, high: float | None) -> None:
        """Decide at the open of a backtest candle, before Freqtrade looks for exits."""
        self._candle = None if low is None or high is None else CandleSeen(price, low, high)
        stand_in = self.stand_ins.open_one(trade)
        if stand_in is None or self._candle is None or not is_price(price):
            return
        if stand_in.awaits is not None:
            # The strategy's own exit, which would have come first, was not made.
            self._end(trade, stand_in, stand_in.awaits)
            return
        self._sell(trade, stand_in, price, now)
        if stand_in.ending is not None:
            return
        self.manager.open_tick(stand_in, price, now, high if trade.is_short else low)
        self._leave_if_decided(trade, stand_in, price, now)

    @returns_none_on_error
    def after_exits(self, trade: Trade, price: float, now: datetime, exits: list[Any]) -> None:
        """Decide at a bot's price, or at the extreme of a backtest candle, once Freqtrade has found its exits."""
        stand_in = self.stand_ins.open_one(trade)
        if stand_in is None or not is_price(price):
            return
        if self._candle is None:
            self._look(trade, stand_in, price, now)
        else:
            self._look_inside(trade, stand_in, self._candle, now, exits)
        self.stand_ins.keep(trade, stand_in)

    @returns_none_on_error
    def after_fill(self, trade: Trade, price: float, now: datetime) -> None:
        """Take a fill, after which Freqtrade asks for the stop."""
        stand_in = self.stand_ins.open_one(trade)
        if stand_in is not None:
            self._update_stop(stand_in, price, price, now, after_fill=True)
            self.stand_ins.keep(trade, stand_in)

    @returns_none_on_error
    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take a filled order: the first entry makes a stand-in, the last exit ends it."""
        if order.ft_order_side == trade.entry_side:
            entered = self.stand_ins.at_entry(trade)
            self.manager.filled(entered, order, now)
            # A backtest's first entry drops what was kept under the number.
            self.stand_ins.put(trade, entered)
            return
        stand_in = self.stand_ins.of(trade)
        simulated = self.manager.simulated
        if stand_in is None or not (order.safe_amount >= trade.amount if simulated else not trade.is_open):
            return
        self._close(trade, stand_in, order, now)

    def _close(self, trade: Trade, stand_in: ShadowTrade, order: Order, now: datetime) -> None:
        """End the stand-in with Freqtrade's trade, and record what both have brought."""
        price, reason = order.safe_price, order.ft_order_tag or trade.exit_reason or order.ft_order_side
        awaits = stand_in.awaits
        if awaits is not None and awaits.reason == TARGET_TAG and reason == "roi":
            # Both targets were reached in one candle: the nearer one first.
            side = side_of(trade)
            if not beyond(side, price, awaits.price):
                self._end(trade, stand_in, awaits)
        host = final_profit(trade) if self.manager.simulated else float(trade.close_profit_abs or 0.0)
        if stand_in.ending is None:
            last = host - stand_in.host_realized
            self._end(trade, stand_in, Ending(now.timestamp(), price, reason), last)
        state = self.manager.store.get(stand_in)
        if state is not None:
            facts = {**outcome_of(trade, stand_in, state.position), "host_profit": host}
            self.manager.recorder.record(
                stand_in,
                state,
                now,
                "closed",
                price=price,
                old_stop=trade.stop_loss,
                reason=reason,
                mover=HOST,
                new_stop=trade.stop_loss,
                facts=facts,
            )
            self._flush()
        self.manager.store.forget(trade.id)

    def _update_stop(
        self, stand_in: ShadowTrade, price: float, worst: float, now: datetime, *, after_fill: bool = False
    ) -> None:
        look = StopLook(stand_in, price, worst, now, after_fill)
        self._stops.update(look, _nothing, by_ratio=False)

    def _look(self, trade: Trade, stand_in: ShadowTrade, price: float, now: datetime) -> None:
        """Decide at a bot's price."""
        if self.manager.store.get(stand_in) is None:
            # Freqtrade asks for no stop after a fill where the strategy has no callback for it.
            self._update_stop(stand_in, price, price, now, after_fill=True)
        self._update_stop(stand_in, price, price, now)
        state = self.manager.store.get(stand_in)
        if state is None or self._leave_if_decided(trade, stand_in, price, now):
            return
        profit = self.manager.take_profit_at(stand_in, now)
        if beyond(state.position.side, price, stand_in.stop_loss):
            moved = state.memory.stop != state.position.initial_stop
            tag = exit_tag(ExitReason.TRAILING_STOP if moved else ExitReason.STOP_LOSS)
            self._end(trade, stand_in, Ending(now.timestamp(), price, tag))
        elif profit is not None and stand_in.calc_profit_ratio(price) > profit:
            self._end(trade, stand_in, Ending(now.timestamp(), price, TARGET_TAG))
        else:
            self._sell(trade, stand_in, price, now)

    def _look_inside(
        self, trade: Trade, stand_in: ShadowTrade, candle: CandleSeen, now: datetime, exits: list[Any]
    ) -> None:
        """Decide at the favorable extreme of a backtest candle, and find out whether the candle ends the stand-in."""
        best, worst = (candle.low, candle.high) if trade.is_short else (candle.high, candle.low)
        self._update_stop(stand_in, best, worst, now)
        profit = self.manager.take_profit_at(stand_in, now)
        found = ending_inside(stand_in, candle, now, profit, self.manager.candles.seconds)
        if found is None:
            return
        if host_is_first(trade, stand_in, exits, found):
            stand_in.awaits = found.ending
        else:
            self._end(trade, stand_in, found.ending)

    def _leave_if_decided(self, trade: Trade, stand_in: ShadowTrade, price: float, now: datetime) -> bool:
        """End the stand-in if its exit was decided at this moment; return True then."""
        reason = self.manager.exit_at(stand_in, now)
        if reason is None:
            return False
        self._end(trade, stand_in, Ending(now.timestamp(), price, exit_tag(reason)))
        return True

    def _sell(self, trade: Trade, stand_in: ShadowTrade, price: float, now: datetime) -> None:
        """Sell the part of the stand-in that is due; it is filled at once, at this price."""
        manager, block = self.manager, self.manager.settings.for_pair(trade.pair)
        state = manager.store.get(stand_in) if block.sells_parts else None
        if state is None or not manager.partials.may_be_due(stand_in, state, price, now):
            return
        order = manager.sale_at(stand_in, price, now, self._smallest_stake(trade.pair, price))
        if order is None:
            return
        stake, tag = order
        if tag == TARGET_TAG:
            self._end(trade, stand_in, Ending(now.timestamp(), price, tag))
            return
        amount = amount_to_contract_precision(
            -stake * stand_in.amount / stand_in.stake_amount,
            trade.amount_precision,
            trade.precision_mode,
            trade.contract_size,
        )
        sale: Any = stand_in.sell(trade, float(amount), price, tag, now)
        manager.partials.sold(stand_in, state, sale, now)
        self._update_stop(stand_in, price, price, now, after_fill=True)
        self.stand_ins.keep(trade, stand_in)

    def _end(self, trade: Trade, stand_in: ShadowTrade, ending: Ending, last: float | None = None) -> None:
        """End the stand-in and record it, as the audit of a trade that is closed; `last` is as in `ShadowTrade.end`."""
        stand_in.end(trade, ending, last)
        state = self.manager.store.get(stand_in)
        if state is not None:
            when = datetime.fromtimestamp(ending.seconds, tz=UTC)
            self.manager.recorder.record(
                stand_in,
                state,
                when,
                "closed",
                price=ending.price,
                old_stop=state.memory.stop,
                reason=ending.reason,
                facts=outcome_of(trade, stand_in, state.position),
            )
            # The records of a bot travel in the state until the next loop.
            self.manager.store.put(stand_in, state, event=True)
            self._flush()
        self.stand_ins.keep(trade, stand_in)

    def _flush(self) -> None:
        """Write a backtest's records; Freqtrade may hold a lock on the database of a bot."""
        if self.manager.simulated:
            self.manager.recorder.flush()

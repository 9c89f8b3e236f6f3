"""Refuses additions to an open trade (position adjustments that buy more) for the same reasons as entries.

Freqtrade calls `confirm_trade_entry` only for the first order of a trade. The mixin therefore checks what the strategy
wants to buy here, before Freqtrade acts on it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.entries.checks import Check, EntryChecks, ProposedEntry
from robustop_plugin.bridge.entries.lost_additions import LostAdditions
from robustop_plugin.bridge.entries.sizing import Sizing
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder

Adjustment = tuple[float | None, str]
"""A strategy's position adjustment as Freqtrade passes it: a stake, positive to buy more, and a tag."""

NO_ADJUSTMENT: Adjustment = (None, "")
FARTHEST_PRICE = 0.02
"""Freqtrade's default for `custom_price_max_distance_ratio`: how far `custom_entry_price` may be from the market."""


class Additions:
    """Checks the additions of one strategy.

    Attributes:
        strategy: The strategy.
        sizing: Computes losses at stops; None if no setting needs them.
    """

    def __init__(
        self,
        strategy: IStrategy,
        recorder: Recorder,
        open_trades: OpenTrades,
        candles: AnalyzedCandles,
        sizing: Sizing | None,
        halted: Check | None,
        lost: LostAdditions | None = None,
        *,
        simulated: bool,
    ) -> None:
        """Take what refuses entries too; `halted` is None if trading is never halted, `lost` if no answer is lost."""
        self.strategy = strategy
        self.sizing = sizing
        self._open_trades = open_trades
        self._candles = candles
        self._halted = halted
        self._lost = lost
        self._simulated = simulated
        self._checks = EntryChecks(recorder, what="the addition to")
        self._has_custom_price = type(strategy).custom_entry_price is not IStrategy.custom_entry_price

    def allowed(self, trade: Trade, now: datetime, wanted: Adjustment, question: Mapping[str, Any]) -> Adjustment:
        """Return the adjustment that a strategy wants, or no adjustment if it wants to buy more than it may.

        Args:
            trade: Freqtrade's trade.
            now: The current time.
            wanted: The strategy's adjustment.
            question: The arguments with which Freqtrade asked the strategy.
        """
        stake = wanted[0]
        if stake is None or not stake > 0 or self._is_never_refused(trade):
            return wanted
        entry = self._entry(trade, now, stake, question)
        checks: list[Check] = [] if self._halted is None else [self._halted]
        if self._lost is not None:
            checks.append(partial(self._lost.objection, trade))
        reason = self._checks.objection(entry, [*checks, partial(self._too_much_risk, trade)])
        if reason is None and self._lost is not None:
            reason = self._lost.note(trade, entry)
        if reason is None:
            return wanted
        if self._remember_refusal(trade, now):
            self._checks.refuse(entry, reason)
        return NO_ADJUSTMENT

    def _entry(self, trade: Trade, now: datetime, stake: float, question: Mapping[str, Any]) -> ProposedEntry:
        """Return an addition at its worst possible fill."""
        side, rate = side_of(trade), question["current_entry_rate"]
        if self._has_custom_price:
            rate *= 1 + side * self.strategy.config.get("custom_price_max_distance_ratio", FARTHEST_PRICE)
        # Freqtrade raises a stake to the exchange's minimum, and lowers it to what is available.
        stake = min(max(stake, question["min_stake"] or 0.0), question["max_stake"])
        return ProposedEntry(trade.pair, side, rate, stake * (trade.leverage or 1.0) / rate, now)

    def _too_much_risk(self, trade: Trade, entry: ProposedEntry) -> str | None:
        if self.sizing is None:
            return None
        stoploss = self.strategy.stoploss
        risk = partial(self.sizing.risk_of_addition, trade, entry.rate, entry.amount, stoploss)
        return self.sizing.objection(entry.pair, risk, stoploss)

    def _is_never_refused(self, trade: Trade) -> bool:
        """Return True if no limit is set, or if Freqtrade buys no more because the trade has all its entries."""
        most = self.strategy.max_entry_position_adjustment
        is_free = (
            self._halted is None and self._lost is None and (self.sizing is None or not self.sizing.limits(trade.pair))
        )
        return is_free or bool(-1 < most < trade.nr_of_successful_entries)

    def _remember_refusal(self, trade: Trade, now: datetime) -> bool:
        """Note a refusal, and return True for the first in a candle, as a bot asks every few seconds."""
        if self._simulated:
            return True
        record, candle = self._open_trades.of(trade), self._candles.candle(now.timestamp())
        is_first = record.addition_refused_in != candle
        record.addition_refused_in = candle
        return is_first

"""Additions: purchases for a trade that is open are refused where an entry would be.

Freqtrade asks `confirm_trade_entry` for the first order of a trade only, so the mixin asks here what the strategy wants
to buy before Freqtrade does anything with it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.entries.checks import Check, EntryChecks, ProposedEntry
from robustop_plugin.bridge.entries.sizing import Sizing
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder

Adjustment = tuple[float | None, str]
"""What a strategy wants for a trade, as the host has it: a stake, positive to buy more, and a tag."""

NOTHING: Adjustment = (None, "")
FARTHEST_PRICE = 0.02
"""How far from the market the host lets `custom_entry_price` go, unless the configuration says otherwise."""


class Additions:
    """The further purchases of one strategy.

    Attributes:
        strategy: Whose additions they are.
        sizing: Losses at stops; None if no setting asks for them.
    """

    def __init__(
        self,
        strategy: IStrategy,
        recorder: Recorder,
        open_trades: OpenTrades,
        candles: AnalyzedCandles,
        sizing: Sizing | None,
        halted: Check | None,
        *,
        simulated: bool,
    ) -> None:
        """Take what refuses entries as well; `halted` is None if trading is never halted."""
        self.strategy = strategy
        self.sizing = sizing
        self._open_trades = open_trades
        self._candles = candles
        self._halted = halted
        self._simulated = simulated
        self._checks = EntryChecks(recorder, what="the addition to")
        self._names_a_price = type(strategy).custom_entry_price is not IStrategy.custom_entry_price

    def allowed(self, trade: Trade, now: datetime, wanted: Adjustment, asked: Mapping[str, Any]) -> Adjustment:
        """Return what a strategy wants for a trade; nothing where it wants to buy more than it may.

        Args:
            trade: the host's trade.
            now: when.
            wanted: by the strategy.
            asked: what the host asked it with.
        """
        stake = wanted[0]
        if stake is None or not stake > 0 or self._nothing_refuses(trade):
            return wanted
        entry = self._entry(trade, now, stake, asked)
        halted = [] if self._halted is None else [self._halted]
        reason = self._checks.objection(entry, [*halted, partial(self._too_much_risk, trade)])
        if reason is None:
            return wanted
        if self._remember_refusal(trade, now):
            self._checks.refuse(entry, reason)
        return NOTHING

    def _entry(self, trade: Trade, now: datetime, stake: float, asked: Mapping[str, Any]) -> ProposedEntry:
        """Return an addition as it is filled at worst."""
        side, rate = side_of(trade), asked["current_entry_rate"]
        if self._names_a_price:
            rate *= 1 + side * self.strategy.config.get("custom_price_max_distance_ratio", FARTHEST_PRICE)
        # The host raises a stake to the exchange's minimum, and lowers it to what there is.
        stake = min(max(stake, asked["min_stake"] or 0.0), asked["max_stake"])
        return ProposedEntry(trade.pair, side, rate, stake * (trade.leverage or 1.0) / rate, now)

    def _too_much_risk(self, trade: Trade, entry: ProposedEntry) -> str | None:
        if self.sizing is None:
            return None
        stoploss = self.strategy.stoploss
        risk = partial(self.sizing.risk_of_addition, trade, entry.rate, entry.amount, stoploss)
        return self.sizing.objection(entry.pair, risk, stoploss)

    def _nothing_refuses(self, trade: Trade) -> bool:
        """Return whether no limit is set, or the trade has all its entries, so that the host buys no more anyway."""
        most = self.strategy.max_entry_position_adjustment
        is_free = self._halted is None and (self.sizing is None or not self.sizing.limits(trade.pair))
        return is_free or bool(-1 < most < trade.nr_of_successful_entries)

    def _remember_refusal(self, trade: Trade, now: datetime) -> bool:
        """Remember a refusal; return True for the first one in a candle: a bot asks every few seconds."""
        if self._simulated:
            return True
        record, candle = self._open_trades.of(trade), self._candles.candle(now.timestamp())
        is_first = record.addition_refused_in != candle
        record.addition_refused_in = candle
        return is_first

"""Limits of entries: how large one may be, whether it may be made, how long its order may rest."""

import logging
from datetime import datetime

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.entries.additions import Additions
from robustop_plugin.bridge.entries.checks import Check, EntryChecks, ProposedEntry
from robustop_plugin.bridge.entries.exchange_terms import ExchangeTerms, exchange_of
from robustop_plugin.bridge.entries.part_fills import PartFills
from robustop_plugin.bridge.entries.sizing import Sizing
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.initial_stop import EntryFill, initial_stop_for
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)


class EntryLimits:
    """The limits of one strategy's entries.

    Attributes:
        strategy: Whose entries they are.
        settings: The strategy's settings.
        checks: What may refuse an entry, with a log and an audit.
        part_fills: First entries that were filled in part; None in a backtest.
        sizing: Losses at stops; None if no setting asks for them.
        additions: Further purchases for trades that are open.
    """

    def __init__(
        self,
        strategy: IStrategy,
        settings: Settings,
        checks: EntryChecks,
        candles: AnalyzedCandles,
        store: Store,
        halted: Check | None,
        *,
        simulated: bool,
    ) -> None:
        """Add the limits that are set to the checks of entries; `halted` refuses additions too."""
        self.strategy = strategy
        self.settings = settings
        self.checks = checks
        self._candles = candles
        # In a backtest, orders are filled as a whole.
        self.part_fills = None if simulated else PartFills(exchange_of(strategy), store.open_trades, self._stop_at)
        self.sizing: Sizing | None = None
        self._leverages: dict[str, float] = {}
        blocks = settings.blocks()
        if any(block.brackets for block in blocks):
            self.checks.checks.append(self._too_many_brackets)
        if any(block.risk_percent or block.portfolio_percent for block in blocks):
            self.sizing = Sizing(settings, candles, store, ExchangeTerms(strategy, simulated=simulated))
        if any(block.portfolio_percent for block in blocks):
            self.checks.checks.append(self._too_much_risk)
        self.additions = Additions(
            strategy, checks.recorder, store.open_trades, candles, self.sizing, halted, simulated=simulated
        )

    def stake(self, entry: ProposedEntry, leverage: float, min_stake: float | None, max_stake: float) -> float | None:
        """Return the stake of an entry, 0 for none; None where its size is not ours to choose.

        Args:
            entry: that the host is about to make; its amount is not known yet.
            leverage: that it will have.
            min_stake: the smallest the exchange takes. The host would raise a smaller one, and with it the risk.
            max_stake: the largest that there is money for.
        """
        # The host tells the leverage here alone, and asks for confirmation next.
        self._leverages[entry.pair] = leverage
        percent = self.settings.for_pair(entry.pair).risk_percent
        if percent is None or self.sizing is None:
            return None
        try:
            stake = self.sizing.stake(self._fill(entry), percent)
        except Exception as error:
            # The host would go on with a stake of its own, whatever that risks.
            logger.exception("robustop: the entry into %s has no size", entry.pair)
            self.checks.refuse(entry, f"its size is not known: {error!r}")
            return 0.0
        if stake <= 0 or (min_stake is not None and stake < min_stake):
            smallest = 0.0 if min_stake is None else min_stake
            self.checks.refuse(entry, f"risking {percent:g} % allows a stake of {stake:g}, the least is {smallest:g}")
            return 0.0
        return min(stake, max_stake)

    def gives_up(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return whether a resting entry order is given up: its bracket waits no longer, or a part of it is bare."""
        try:
            return self._is_late(trade, order, now) or (
                self.part_fills is not None and self.part_fills.watch(trade, order)
            )
        except Exception:
            logger.exception("robustop: whether the entry into %s is given up is not known: it rests on", trade.pair)
            return False

    def _stop_at(self, trade: Trade, entry: float) -> float:
        """Return the initial stop that a trade would get at an entry."""
        fill = EntryFill(trade.pair, side_of(trade), entry, trade.leverage or 1.0, self.strategy.stoploss)
        block, candles = self.settings.for_pair(trade.pair), self._candles
        stop = initial_stop_for(fill, trade, candles, block, candles.atr(trade.pair), in_force=trade.stop_loss)
        return stop.price

    def _is_late(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return whether an order of an entry rests for longer than its bracket waits."""
        for bracket in self.settings.for_pair(trade.pair).brackets:
            if (now - order.order_date_utc).total_seconds() >= bracket.timeout_seconds:
                logger.info("robustop: the entry into %s was not filled in time: it is given up", trade.pair)
                return True
        return False

    def _too_many_brackets(self, entry: ProposedEntry) -> str | None:
        brackets = self.settings.for_pair(entry.pair).brackets
        if not brackets:
            return None
        trades = Trade.get_trades_proxy(is_open=True)
        count = sum(bool(self.settings.for_pair(trade.pair).brackets) for trade in trades)
        most = brackets[0].max_active_brackets
        return f"{count} brackets are open, max_active_brackets is {most}" if count >= most else None

    def _too_much_risk(self, entry: ProposedEntry) -> str | None:
        sizing = self.sizing
        if sizing is None:
            return None
        return sizing.objection(
            entry.pair, lambda: sizing.risk(self._fill(entry), entry.amount), self.strategy.stoploss
        )

    def _fill(self, entry: ProposedEntry) -> EntryFill:
        """Return an entry as it will be filled; a leverage that was not told is none, which has the farther stop."""
        leverage = self._leverages.get(entry.pair) or 1.0
        return EntryFill(entry.pair, entry.side, entry.rate, leverage, self.strategy.stoploss)

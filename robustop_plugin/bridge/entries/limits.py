"""Limits entries: their stake, whether they are made, and how long their orders may rest."""

import logging
from datetime import datetime
from functools import partial

from freqtrade.enums import RunMode, TradingMode
from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.entries.additions import Additions
from robustop_plugin.bridge.entries.checks import Check, EntryChecks, ProposedEntry
from robustop_plugin.bridge.entries.exchange_terms import ExchangeTerms, exchange_of
from robustop_plugin.bridge.entries.forced_entries import read_again, read_amounts_again
from robustop_plugin.bridge.entries.leftover_orders import LeftoverOrders
from robustop_plugin.bridge.entries.lost_additions import LostAdditions
from robustop_plugin.bridge.entries.lost_entries import LostEntries
from robustop_plugin.bridge.entries.part_fills import PartFills
from robustop_plugin.bridge.entries.sizing import Sizing
from robustop_plugin.bridge.entries.unexplained_balances import UnexplainedBalances
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.exchange_stop import exchange_stop_of
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.initial_stop import EntryFill, initial_stop_for
from robustop_plugin.bridge.facts.order_search import OrderSearch
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)


class EntryLimits:
    """The limits of one strategy's entries.

    Attributes:
        strategy: The strategy.
        settings: The strategy's settings.
        checks: The checks that can refuse an entry.
        part_fills: Watches entries that were filled in part; None in a backtest.
        sizing: Computes losses at stops; None if no setting needs them.
        lost: Refuses first entries whose answer was lost; None in a dry run and in a backtest, which lose none.
        additions: Checks additions to open trades.
        leftovers: Cancels resting orders of closed trades; None in a backtest.
        balances: Compares balances with open trades; None in a dry run and in a backtest.
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
        """Add the configured limits to the checks of entries; `halted` refuses additions too."""
        self.strategy = strategy
        self.settings = settings
        self.checks = checks
        self._candles = candles
        # In a backtest, orders fill completely.
        self.part_fills: PartFills | None = None
        self._on_exchange = exchange_stop_of(strategy) is not None
        self.leftovers: LeftoverOrders | None = None
        notify = partial(checks.recorder.errors.notify, event="unexplained")
        if not simulated:
            self.leftovers = LeftoverOrders(exchange_of(strategy), notify)
            sources = exchange_of(strategy), store.open_trades, self._stop_at
            self.part_fills = PartFills(*sources, additions=self._on_exchange)
        self.sizing: Sizing | None = None
        self._leverages: dict[str, float] = {}
        blocks = settings.blocks()
        if any(block.brackets for block in blocks):
            self.checks.checks.append(self._too_many_brackets)
        if any(block.risk_percent or block.portfolio_percent for block in blocks):
            self.sizing = Sizing(settings, candles, store, ExchangeTerms(strategy, simulated=simulated))
        if any(block.portfolio_percent for block in blocks):
            self.checks.checks.append(self._too_much_risk)
        self.lost: LostEntries | None = None
        lost_additions: LostAdditions | None = None
        self.balances: UnexplainedBalances | None = None
        if strategy.config.get("runmode") == RunMode.LIVE:
            exchange, recorder = exchange_of(strategy), checks.recorder
            search = OrderSearch(exchange.fetch_orders)
            precise, health = exchange.amount_to_contract_precision, store.health
            self.lost = LostEntries(search, precise, notify, health)
            self.checks.checks.append(self.lost.objection)
            lost_additions = LostAdditions(search, recorder)
            futures = strategy.config.get("trading_mode") == TradingMode.FUTURES
            self.balances = UnexplainedBalances(strategy, exchange, notify, futures=futures)
        self.additions = Additions(
            strategy,
            checks.recorder,
            store.open_trades,
            candles,
            self.sizing,
            halted,
            lost_additions,
            simulated=simulated,
        )

    def after_analysis(self) -> None:
        """Cancel leftover orders, compare balances now and then, and have changed trades read again."""
        if self.leftovers is not None:
            self.leftovers.cancel()
        if self.balances is not None:
            self.balances.look()
        try:
            if self.balances is not None:
                read_amounts_again()
            if self._on_exchange:
                read_again()
        except Exception:
            logger.exception("robustop: what another thread has changed could not be read again")

    def note_fill(self, trade: Trade) -> None:
        """Look at a trade after a fill: if it is closed, no order of it may rest."""
        if self.leftovers is not None:
            self.leftovers.note(trade)

    def stake(self, entry: ProposedEntry, leverage: float, min_stake: float | None, max_stake: float) -> float | None:
        """Return the stake of an entry, in stake currency; 0 to skip it; None if no setting sizes it.

        Args:
            entry: The entry that Freqtrade is about to make; its amount is unknown yet.
            leverage: Leverage of the entry.
            min_stake: The exchange's minimum. Freqtrade would raise a smaller stake, and the risk with it.
            max_stake: The largest available stake.
        """
        # Only this callback gets the leverage; the confirmation of the entry follows it.
        self._leverages[entry.pair] = leverage
        percent = self.settings.for_pair(entry.pair).risk_percent
        if percent is None or self.sizing is None:
            return None
        try:
            stake = self.sizing.stake(self._fill(entry), percent)
        except Exception as error:
            # Freqtrade would continue with its own stake, whatever that risks.
            logger.exception("robustop: the stake of the entry into %s is unknown", entry.pair)
            self.checks.refuse(entry, f"its size is not known: {error!r}")
            return 0.0
        if stake <= 0 or (min_stake is not None and stake < min_stake):
            smallest = 0.0 if min_stake is None else min_stake
            self.checks.refuse(entry, f"risking {percent:g} % allows a stake of {stake:g}, the least is {smallest:g}")
            return 0.0
        return min(stake, max_stake)

    def note_entry(self, entry: ProposedEntry) -> bool:
        """Write a first entry down right before Freqtrade makes it; return False if that failed."""
        return self.lost is None or self.lost.note(entry)

    def gives_up(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return True to cancel a resting entry order: its bracket timed out, or its filled part is unprotected."""
        try:
            return self._is_late(trade, order, now) or (
                self.part_fills is not None and self.part_fills.watch(trade, order)
            )
        except Exception:
            logger.exception("robustop: the resting entry into %s could not be checked: it stays", trade.pair)
            return False

    def _stop_at(self, trade: Trade, entry: float) -> float:
        """Return the initial stop that a trade would get at this entry price."""
        fill = EntryFill(trade.pair, side_of(trade), entry, trade.leverage or 1.0, self.strategy.stoploss)
        block, candles = self.settings.for_pair(trade.pair), self._candles
        stop = initial_stop_for(fill, trade, candles, block, candles.atr(trade.pair), in_force=trade.stop_loss)
        return stop.price

    def _is_late(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return True if an entry order has rested for longer than its bracket's timeout."""
        for bracket in self.settings.for_pair(trade.pair).brackets:
            if (now - order.order_date_utc).total_seconds() >= bracket.timeout_seconds:
                logger.info("robustop: the entry into %s was not filled in time: it is canceled", trade.pair)
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
        """Return an entry as a fill. An unknown leverage counts as 1, which has the farthest stop."""
        leverage = self._leverages.get(entry.pair) or 1.0
        return EntryFill(entry.pair, entry.side, entry.rate, leverage, self.strategy.stoploss)

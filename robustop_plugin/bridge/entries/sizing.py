"""Computes what entries and open trades lose at their stops, and the stake for a wanted risk."""

from collections.abc import Callable
from dataclasses import dataclass

from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries.exchange_terms import ExchangeTerms
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.initial_stop import EntryFill, initial_stop_for
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import better
from robustop_plugin.core.sizing import Costs, loss_of_unit, stake_at_risk
from robustop_plugin.settings import Settings

EQUAL = 1e-9
"""Relative. A risk that exceeds a limit by less than this is at the limit."""


@dataclass
class Sizing:
    """Losses at the stops of one strategy's entries and trades, in stake currency, including costs.

    Attributes:
        settings: The strategy's settings.
        candles: Source of the technical stop.
        store: The states of the open trades.
        terms: Equity, fee and price precision of entries.
    """

    settings: Settings
    candles: AnalyzedCandles
    store: Store
    terms: ExchangeTerms

    def stake(self, fill: EntryFill, percent: float) -> float:
        """Return the stake of an entry that loses `percent` of the equity at its initial stop."""
        stop, costs = self.stop_of(fill), self._costs_of(fill.pair)
        return stake_at_risk(self.terms.equity(), percent, fill.leverage, fill.side, fill.rate, stop, costs)

    def risk(self, fill: EntryFill, amount: float) -> float:
        """Return what an entry of this amount loses at its initial stop."""
        return amount * loss_of_unit(fill.side, fill.rate, self.stop_of(fill), self._costs_of(fill.pair))

    def risk_of(self, trade: Trade, stoploss: float) -> float:
        """Return what an open trade loses from its entry to its stop in force; 0 if the stop covers the costs.

        A resting entry order counts as if it were filled at its price.

        Args:
            trade: Freqtrade's trade.
            stoploss: The strategy's hard stop, as a ratio of the margin.
        """
        stop = self._stop_in_force(trade, stoploss)
        resting = [order for order in trade.open_orders if order.ft_order_side == trade.entry_side]
        parts = [(trade.open_rate, trade.amount)] if trade.amount else []
        parts += [(order.safe_placement_price, order.safe_amount) for order in resting]
        return sum(self._loss(trade, rate, amount, stop) for rate, amount in parts)

    def risk_of_addition(self, trade: Trade, rate: float, amount: float, stoploss: float) -> float:
        """Return what an addition to an open trade loses at the trade's stop, which the addition does not move.

        Args:
            trade: Freqtrade's trade.
            rate: Price of the addition.
            amount: Amount of the addition, in base currency.
            stoploss: The strategy's hard stop, as a ratio of the margin.
        """
        side, stop = side_of(trade), self._stop_in_force(trade, stoploss)
        if trade.nr_of_successful_entries == 0:
            # The first fill is still to come, and everything filled with it decides the initial stop.
            own = self.stop_of(EntryFill(trade.pair, side, rate, trade.leverage or 1.0, stoploss))
            stop = own if better(side, own, stop) == stop else stop
        return self._loss(trade, rate, amount, stop)

    def limits(self, pair: str) -> bool:
        """Return True if the settings of a pair limit the total risk of open trades."""
        return self.settings.for_pair(pair).portfolio_percent is not None

    def objection(self, pair: str, risk: Callable[[], float], stoploss: float) -> str | None:
        """Return why a new risk on top of that of all open trades is too much; None if it is not.

        Args:
            pair: The pair whose settings limit the risk.
            risk: Returns the new risk, in stake currency; not called if there is no limit.
            stoploss: The strategy's hard stop, as a ratio of the margin.
        """
        percent = self.settings.for_pair(pair).portfolio_percent
        if percent is None:
            return None
        running = sum(self.risk_of(trade, stoploss) for trade in Trade.get_trades_proxy(is_open=True))
        new, most = risk(), self.terms.equity() * percent / 100
        if running + new <= most * (1 + EQUAL):
            return None
        return (
            f"it risks {new:g} beside {running:g} of the open trades, "
            f"max_portfolio_percent of {percent:g} allows {most:g}"
        )

    def _loss(self, trade: Trade, rate: float, amount: float, stop: float) -> float:
        """Return what a part of a trade loses from its price to a stop; 0 if the stop covers the costs."""
        costs = self._costs_of(trade.pair)._replace(fee_open=trade.fee_open or 0.0, fee_close=trade.fee_close or 0.0)
        return float(max(0.0, loss_of_unit(side_of(trade), rate, stop, costs)) * amount)

    def stop_of(self, fill: EntryFill) -> float:
        """Return the initial stop that an entry will get; the farthest one if its price precision is unknown yet."""
        block = self.settings.for_pair(fill.pair)
        precisions = self.terms.precisions(fill.pair)
        atr = self.candles.atr(fill.pair)
        stops = [initial_stop_for(fill, precision, self.candles, block, atr).price for precision in precisions]
        return min(stops, key=lambda stop: fill.side * stop)

    def _stop_in_force(self, trade: Trade, stoploss: float) -> float:
        """Return the tighter of Freqtrade's stop and the decided one, which may be virtual."""
        side = side_of(trade)
        state = self.store.get(trade)
        if state is not None:
            stop = state.memory.stop
            return better(side, trade.stop_loss, stop) if is_price(trade.stop_loss) else stop
        if trade.nr_of_successful_entries == 0:
            fill = EntryFill(trade.pair, side, trade.open_rate, trade.leverage or 1.0, stoploss)
            block, atr = self.settings.for_pair(trade.pair), self.candles.atr(trade.pair)
            return initial_stop_for(fill, trade, self.candles, block, atr).price
        return float(trade.stop_loss)

    def _costs_of(self, pair: str) -> Costs:
        """Return the costs of an entry, with the slippage of the breakeven settings."""
        fee = self.terms.fee(pair)
        return Costs(fee, fee, self.settings.for_pair(pair).breakeven.slippage_percent)

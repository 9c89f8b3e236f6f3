"""Asks the bot's own code for the fee and the price steps with which it sizes entries by their risk."""

from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.bridge.entries.exchange_terms import ExchangeTerms
from robustop_plugin.bridge.facts.stop_ratio import tick_size_of


class SizingTerms:
    """Fee and price steps of entries, before there is a trade."""

    def __init__(self, backtesting: Backtesting) -> None:
        """Take Freqtrade's backtester after its strategy was set."""
        self._terms = ExchangeTerms(backtesting.strategylist[0], simulated=True)
        self._pairs: list[str] = list(backtesting.pairlists.whitelist)

    def fee(self) -> float:
        """Return the fee of one fill, as a rate: the same for all pairs of a backtest."""
        return self._terms.fee(self._pairs[0]) if self._pairs else 0.0

    def tick_sizes(self, pair: str, price: float) -> tuple[float, ...]:
        """Return the step of prices that the exchange states, and the one without a known precision."""
        return tuple(tick_size_of(precision, price) for precision in self._terms.precisions(pair))

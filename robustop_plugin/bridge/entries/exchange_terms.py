"""On what terms an entry will be made: the equity, the fee and the grid of prices, before there is a trade."""

from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.stop_ratio import Precision


def exchange_of(strategy: IStrategy) -> Any:
    """Return Freqtrade's exchange; it has no public way to fees and rates."""
    return strategy.dp._exchange  # noqa: SLF001


class ExchangeTerms:
    """Asks the host's wallets and exchange.

    Attributes:
        strategy: whose entries they are.
        simulated: a backtest or hyperopt.
    """

    def __init__(self, strategy: IStrategy, *, simulated: bool) -> None:
        """Ask once for what does not change; the workers of hyperopt have no exchange to ask later."""
        self.strategy = strategy
        self.simulated = simulated
        self._exchange: Any = exchange_of(strategy)
        self._mode: int = self._exchange.precision_mode_price
        self._fee = self._fee_of_run()

    def equity(self) -> float:
        """Return the total stake amount as the host's wallets tell it, in stake currency.

        That is what is free and what stands in open trades, these at their cost: what they would gain or lose now is
        not counted. It respects `available_capital` and `tradable_balance_ratio`, live as in a backtest.
        """
        return float(self.strategy.wallets.get_total_stake_amount())

    def fee(self, pair: str) -> float:
        """Return the rate of one fill; the worse of maker and taker, and never a rebate."""
        return self._worst_fee(pair) if self._fee is None else self._fee

    def precisions(self, pair: str) -> tuple[Precision, ...]:
        """Return the grids of prices that a trade may get.

        A bot's trade gets that of the exchange. A backtest infers one from each month's candles, which no strategy is
        told: there the stop may also lie between two prices of the exchange.
        """
        known = Precision(self._exchange.get_precision_price(pair), self._mode)
        return (known, Precision(None, self._mode)) if self.simulated else (known,)

    def _fee_of_run(self) -> float | None:
        """Return the fee that all trades of this run pay; None where each pair has its own."""
        config = self.strategy.config
        fee = config.get("fee") if config.get("dry_run") else None
        if fee is not None:
            return float(fee)
        pairs = self.strategy.dp.current_whitelist() if self.simulated else []
        # As a backtest has it: that of the first pair, for all.
        return self._worst_fee(pairs[0]) if pairs else None

    def _worst_fee(self, pair: str) -> float:
        fees = (self._exchange.get_fee(symbol=pair, taker_or_maker=kind) for kind in ("taker", "maker"))
        return max(0.0, *(float(fee) for fee in fees))

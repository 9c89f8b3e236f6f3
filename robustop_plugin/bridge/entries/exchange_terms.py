"""Equity, fee and price precision of an entry, before there is a trade."""

from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.stop_ratio import Precision


def exchange_of(strategy: IStrategy) -> Any:
    """Return Freqtrade's exchange; the data provider has no public access to fees and rates."""
    return strategy.dp._exchange  # noqa: SLF001


def refresh_wallets(strategy: IStrategy) -> None:
    """Let Freqtrade read its balances, once it has wallets. That is a request."""
    if strategy.wallets is not None:
        strategy.wallets.update()


class ExchangeTerms:
    """Reads Freqtrade's wallets and exchange.

    Attributes:
        strategy: The strategy.
        simulated: True in a backtest and in hyperopt.
    """

    def __init__(self, strategy: IStrategy, *, simulated: bool) -> None:
        """Read what never changes now, because hyperopt workers have no exchange later."""
        self.strategy = strategy
        self.simulated = simulated
        self._exchange: Any = exchange_of(strategy)
        self._mode: int = self._exchange.precision_mode_price
        self._fee = self._fee_of_run()

    def equity(self) -> float:
        """Return the total stake amount of Freqtrade's wallets, in stake currency.

        That is the free balance plus the cost of open trades, without their unrealized profit. It respects
        `available_capital` and `tradable_balance_ratio`, live and in a backtest.
        """
        return float(self.strategy.wallets.get_total_stake_amount())

    def fee(self, pair: str) -> float:
        """Return the fee of one fill as a ratio: the worse of maker and taker, and never a rebate."""
        return self._worst_fee(pair) if self._fee is None else self._fee

    def precisions(self, pair: str) -> tuple[Precision, ...]:
        """Return the price precisions that a trade may get.

        A bot's trade gets the exchange's. A backtest infers one from each month's candles and does not pass it to
        strategies, so a stop there may also lie between two prices of the exchange.
        """
        known = Precision(self._exchange.get_precision_price(pair), self._mode)
        return (known, Precision(None, self._mode)) if self.simulated else (known,)

    def _fee_of_run(self) -> float | None:
        """Return the fee that all trades of this run pay, as a ratio; None if each pair has its own."""
        config = self.strategy.config
        fee = config.get("fee") if config.get("dry_run") else None
        if fee is not None:
            return float(fee)
        pairs = self.strategy.dp.current_whitelist() if self.simulated else []
        # A backtest uses the fee of the first pair for all pairs.
        return self._worst_fee(pairs[0]) if pairs else None

    def _worst_fee(self, pair: str) -> float:
        fees = (self._exchange.get_fee(symbol=pair, taker_or_maker=kind) for kind in ("taker", "maker"))
        return max(0.0, *(float(fee) for fee in fees))

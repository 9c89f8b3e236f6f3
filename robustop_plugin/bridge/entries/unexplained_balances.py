"""Reports what the account of a bot holds beyond its open trades, or lacks. It refuses nothing and sells nothing.

An order that Freqtrade does not know, of a lost answer or of a person, leaves coins or a position that nobody
protects. Balances cannot tell whose they are, so they are only reported: the amount, since when, and once per change.
Less than the smallest order counts as dust. The exchange's own coin, in which fees are paid, is not compared; coins
that are staked or lent have names of their own.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.core.fee_coins import FEE_COINS

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 300.0
SECONDS_TO_CONFIRM = 60.0
"""A difference is reported if it is still there after this time: an order may just have been filled."""


class Holding(NamedTuple):
    """What is held of a coin or perpetual, in base currency; short positions are negative.

    Attributes:
        pair: A pair of the coin, or the perpetual.
        held: What the account holds.
        counted: What the open trades count.
    """

    pair: str
    held: float
    counted: float

    @property
    def difference(self) -> float:
        """What the account holds beyond the open trades; negative if it lacks something."""
        return self.held - self.counted


class Seen(NamedTuple):
    """A difference that was found.

    Attributes:
        holding: What was held.
        since: When it was found.
        is_reported: True once it has been reported.
    """

    holding: Holding
    since: datetime
    is_reported: bool


class UnexplainedBalances:
    """Compares the balances of one bot with its open trades, now and then."""

    def __init__(self, strategy: IStrategy, exchange: Any, notify: Callable[[str], None], *, futures: bool) -> None:
        """Take the strategy, which has Freqtrade's balances, the exchange, and what sends messages."""
        self._strategy = strategy
        self._exchange = exchange
        self._notify = notify
        self._futures = futures
        self._fee_coin = FEE_COINS.get(str(strategy.config["exchange"]["name"]))
        self._seen: dict[str, Seen] = {}
        self._next_look = time.monotonic() + SECONDS_TO_CONFIRM

    def look(self) -> None:
        """Compare if it is time to; called in each loop."""
        if time.monotonic() < self._next_look or self._strategy.wallets is None:
            return
        wait = SECONDS_BETWEEN_LOOKS
        try:
            self._compare()
            if any(not seen.is_reported for seen in self._seen.values()):
                wait = SECONDS_TO_CONFIRM
        except Exception:
            # An exchange in trouble may hold up each request, and with it the stops of all positions.
            logger.exception("robustop: the balances could not be compared with the open trades")
        self._next_look = time.monotonic() + wait

    def _compare(self) -> None:
        wallets = self._strategy.wallets
        # Freqtrade reads the balances at every fill, and with this at least once an hour.
        wallets.update(require_update=False)
        found = dict(self._differences())
        if any(not self._is_reported(name, holding) for name, holding in found.items()):
            wallets.update()
            found = dict(self._differences())
        for name in self._seen.keys() - found.keys():
            if self._seen.pop(name).is_reported:
                logger.info("robustop: the open trades explain what the account holds of %s again", name)
        for name, holding in found.items():
            seen = self._seen.get(name)
            if seen is None or not self._is_same(seen.holding, holding):
                self._seen[name] = Seen(holding, datetime.now(UTC), is_reported=False)
            elif not seen.is_reported:
                self._seen[name] = seen._replace(is_reported=True)
                self._report(name, seen)

    def _is_reported(self, name: str, holding: Holding) -> bool:
        seen = self._seen.get(name)
        return seen is not None and seen.is_reported and self._is_same(seen.holding, holding)

    def _is_same(self, known: Holding, holding: Holding) -> bool:
        change = holding.difference - known.difference
        return self._is_dust(holding.pair, change)

    def _differences(self) -> Iterator[tuple[str, Holding]]:
        """Yield coins, or perpetuals, of which the account holds noticeably more or less than the open trades."""
        for name, holding in self._positions() if self._futures else self._coins():
            if not self._is_dust(holding.pair, holding.difference):
                yield name, holding

    def _coins(self) -> Iterator[tuple[str, Holding]]:
        strategy, trades = self._strategy, Trade.get_trades_proxy(is_open=True)
        pairs = dict.fromkeys([*(trade.pair for trade in trades), *strategy.dp.current_whitelist()])
        coins = {self._exchange.get_pair_base_currency(pair): pair for pair in pairs}
        for coin, pair in coins.items():
            if coin not in (self._fee_coin, strategy.config["stake_currency"]):
                counted = sum(counted_by(trade) for trade in trades if trade.safe_base_currency == coin)
                yield coin, Holding(pair, float(strategy.wallets.get_total(coin)), counted)

    def _positions(self) -> Iterator[tuple[str, Holding]]:
        trades = Trade.get_trades_proxy(is_open=True)
        held = {
            name: position.position * (-1 if position.side == "short" else 1)
            for name, position in self._strategy.wallets.get_all_positions().items()
        }
        for pair in dict.fromkeys([*held, *(trade.pair for trade in trades)]):
            counted = sum(side_of(trade) * counted_by(trade) for trade in trades if trade.pair == pair)
            yield pair, Holding(pair, float(held.get(pair, 0.0)), counted)

    def _is_dust(self, pair: str, amount: float) -> bool:
        """Return True if an amount is too small for an order of its own."""
        market = self._exchange.markets.get(pair)
        if market is None:
            return amount == 0
        # Freqtrade rounds amounts down to what can be sold: that needs no price.
        least = (market["limits"]["amount"]["min"] or 0.0) * (self._exchange.get_contract_size(pair) or 1.0)
        if amount == 0 or abs(amount) < least:
            return True
        price = self._exchange.get_rate(pair, refresh=False, side="exit", is_short=False)
        smallest = self._exchange.get_min_pair_stake_amount(pair, price, 0.0) or 0.0
        return bool(abs(amount) * price < smallest)

    def _report(self, name: str, seen: Seen) -> None:
        pair, held, counted = seen.holding
        kind = "position" if self._futures else "balance"
        advice = "if you sold by hand, reload the trade with /reload_trade"
        if abs(held) > abs(counted):
            advice = (
                "nothing protects the rest; if you did not buy it yourself, look on the exchange for an order of "
                f"{pair} that Freqtrade does not know"
            )
        text = (
            f"unexplained {kind}: since {seen.since:%Y-%m-%d %H:%M:%S} UTC the account holds {held:.8g} {name}, and "
            f"Freqtrade's open trades count {counted:.8g}: {advice}"
        )
        logger.warning("robustop: %s", text)
        self._notify(Message(text, f"balance {name} {seen.holding.difference:.3g}"))


def counted_by(trade: Trade) -> float:
    """Return what a trade holds, with what its open orders have bought and sold already."""
    bought = sum(order.safe_filled for order in trade.open_orders if order.ft_order_side == trade.entry_side)
    sold = sum(order.safe_filled for order in trade.open_orders if order.ft_order_side == trade.exit_side)
    return float(trade.amount + bought - sold - sum(order.safe_filled for order in trade.open_sl_orders))

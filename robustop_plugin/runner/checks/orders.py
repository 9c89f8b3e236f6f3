"""Notes about order types: exits that may rest, and stops on the exchange."""

from collections.abc import Iterator

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.exchange_stop import exchange_stop_of_bot
from robustop_plugin.bridge.startup.exchange_stops import describe_limit
from robustop_plugin.runner.checks.finding import NOTE, Finding


def stop_orders(strategy: IStrategy) -> Iterator[Finding]:
    """Yield what a gap beyond the limit of a stop order on the exchange would do."""
    stop = exchange_stop_of_bot(strategy)
    limit = None if stop is None else describe_limit(stop)
    if limit is not None:
        yield Finding("order_types.stoploss_on_exchange", NOTE, limit)


def resting_exits(strategy: IStrategy) -> Iterator[Finding]:
    """Yield the protective exits that are limit orders at the own side of the order book."""
    side = strategy.config.get("exit_pricing", {}).get("price_side", "same")
    own = {"same", "ask", "bid"} if strategy.can_short else {"same", "ask"}
    if side not in own:
        return
    orders = strategy.order_types
    rests = f'is a limit order, and exit_pricing.price_side "{side}" is the own side of the book'
    if orders["stoploss"] == "limit":
        yield Finding(
            "order_types.stoploss",
            NOTE,
            f"{rests}: stops, Freqtrade's own too, may rest while the price moves away; robustop sends them again in "
            'every loop. Set it to "market", or exit_pricing.price_side to "other"',
        )
    if orders.get("emergency_exit", "market") == "limit":
        yield Finding(
            "order_types.emergency_exit",
            NOTE,
            f"{rests}: exits by a panic or a drawdown may rest while the price moves away. Remove it, or set it to "
            '"market"',
        )

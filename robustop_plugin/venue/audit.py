"""Audit of the loopback Binance's journal: transactions sum to zero, and the accounts hold what it says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.journal import FUTURES, SPOT, Journal, Transaction

LEDGER = "/_control/ledger"


def ledger(exchange: Exchange) -> Any:
    """Return all transactions, the balance of each account, and what the audit found. Amounts are exact strings."""
    problems = list(problems_of(exchange))
    return {
        "balanced": not problems,
        "problems": problems,
        "totals": {
            account: {coin: f"{amount:f}" for coin, amount in coins.items()}
            for account, coins in exchange.journal.totals().items()
        },
        "transactions": [_shown(transaction) for transaction in exchange.journal.transactions],
    }


def problems_of(exchange: Exchange) -> Iterable[str]:
    """Yield a sentence for each error: an unbalanced transaction, a wrong balance or position, a missing fill."""
    journal = exchange.journal
    for transaction in journal.transactions:
        for coin, amount in _sums(transaction).items():
            if amount:
                yield f"the {transaction.kind} at {transaction.time} sums to {amount:f} {coin}: it must be 0"
    for account, balances in ((SPOT, exchange.wallet.totals), (FUTURES, exchange.margin.totals)):
        yield from _wrong_balances(account, journal.totals()[account], balances)
    yield from _missing_fills(exchange, journal)
    yield from _wrong_positions(exchange)


def _sums(transaction: Transaction) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in transaction.entries:
        sums[entry.coin] += entry.amount
    return sums


def _wrong_balances(account: str, expected: Mapping[str, Decimal], balances: Mapping[str, Decimal]) -> Iterable[str]:
    for coin in sorted({*expected, *balances}):
        booked, held = expected.get(coin, Decimal(0)), balances.get(coin, Decimal(0))
        if booked != held:
            yield f"the {account} account holds {held:f} {coin}: its transactions sum to {booked:f}"


def _missing_fills(exchange: Exchange, journal: Journal) -> Iterable[str]:
    booked = {transaction.fill for transaction in journal.transactions if transaction.kind == "fill"}
    for orders in (exchange.spot_orders, exchange.futures_orders):
        for order in orders.all():
            for fill in order.fills:
                if fill.number not in booked:
                    yield f"fill {fill.number} of order {order.number} has no transaction"


def _wrong_positions(exchange: Exchange) -> Iterable[str]:
    """Compare each position with the fills of its symbol."""
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for order in exchange.futures_orders.all():
        filled[order.market.symbol] += order.sign * order.executed
    for symbol in sorted({*filled, *exchange.margin.positions}):
        held = exchange.margin.positions[symbol].amount
        if held != filled[symbol]:
            yield f"the position in {symbol} is {held:f}: its fills sum to {filled[symbol]:f}"


def _shown(transaction: Transaction) -> dict[str, Any]:
    return {
        "time": transaction.time,
        "kind": transaction.kind,
        "pair": transaction.pair or None,
        "fill": transaction.fill or None,
        "entries": [
            {"account": entry.account, "coin": entry.coin, "amount": f"{entry.amount:f}"}
            for entry in transaction.entries
            if entry.amount
        ],
    }

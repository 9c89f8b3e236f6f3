"""Double-entry journal of the loopback Binance: every fill, fee, funding payment and deposit.

Each transaction sums to zero per currency. The accounts are `spot` and `futures`, which belong to the user, and
`market`, `fees`, `funding` and `outside`, which stand for everybody else.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.order import Fill, Order

SPOT, FUTURES = "spot", "futures"
MARKET, FEES, FUNDING, OUTSIDE = "market", "fees", "funding", "outside"


class Entry(NamedTuple):
    """One side of a transaction.

    Attributes:
        account: the account.
        coin: currency.
        amount: change of the account, in that currency.
    """

    account: str
    coin: str
    amount: Decimal


class Transaction(NamedTuple):
    """Something that changed balances.

    Attributes:
        time: milliseconds since the epoch.
        kind: `fill`, `deposit`, `withdrawal` or `funding`.
        pair: Freqtrade's name of the pair; empty for a deposit or withdrawal.
        fill: id of the fill; 0 for anything else.
        entries: its sides.
    """

    time: int
    kind: str
    pair: str
    fill: int
    entries: tuple[Entry, ...]


class Journal:
    """All transactions since the venue was created.

    Attributes:
        transactions: oldest first.
        transferred: deposits less withdrawals by account and currency.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.transactions: list[Transaction] = []
        self.transferred: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def fill(self, order: Order, fill: Fill) -> None:
        """Record a fill and its fee."""
        entries = tuple(_sides_of(order, fill))
        self.transactions.append(Transaction(fill.time, "fill", order.market.pair, fill.number, entries))

    def transfer(self, time: int, account: str, coin: str, amount: Decimal) -> None:
        """Record a deposit, or a withdrawal if the amount is negative."""
        self.transferred[account, coin] += amount
        kind = "deposit" if amount >= 0 else "withdrawal"
        self.transactions.append(Transaction(time, kind, "", 0, _pair(account, OUTSIDE, coin, amount)))

    def funding(self, time: int, pair: str, coin: str, amount: Decimal) -> None:
        """Record a funding payment; a positive amount was received."""
        self.transactions.append(Transaction(time, "funding", pair, 0, _pair(FUTURES, FUNDING, coin, amount)))

    def totals(self) -> dict[str, dict[str, Decimal]]:
        """Return the balance of each account by currency."""
        sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for transaction in self.transactions:
            for entry in transaction.entries:
                sums[entry.account][entry.coin] += entry.amount
        return sums


def _sides_of(order: Order, fill: Fill) -> Iterable[Entry]:
    """Yield the sides of a fill: spot exchanges two coins, futures settles a profit."""
    if order.market.settle:
        account = FUTURES
        yield from _pair(account, MARKET, order.market.settle, fill.realized)
    else:
        account = SPOT
        yield from _pair(account, MARKET, order.market.base, order.sign * fill.quantity)
        yield from _pair(account, MARKET, order.market.quote, -order.sign * fill.quantity * fill.price)
    yield from _pair(account, FEES, fill.asset, -fill.commission)


def _pair(account: str, other: str, coin: str, amount: Decimal) -> tuple[Entry, Entry]:
    return Entry(account, coin, amount), Entry(other, coin, -amount)

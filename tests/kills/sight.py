"""What is seen of a bot from outside: its trade database, its audit, and the exchange."""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa

from robustop_plugin.audit.table import read_table
from robustop_plugin.rehearsal.exchange import Exchange
from tests.kills.life import Variant

TRADES = """
SELECT id, pair, is_open, is_short, open_rate, stop_loss, amount, exit_reason FROM trades ORDER BY id
"""
ORDERS = "SELECT order_id, ft_trade_id, ft_order_side, ft_order_tag, status, filled FROM orders ORDER BY id"
STATES = "SELECT ft_trade_id, cd_value FROM trade_custom_data WHERE cd_key = 'robustop'"
OF_THE_MARKET = ("atr", "atr_at_entry", "liquidation", "level")
"""Facts of audit records that depend on the candles, or that the record repeats."""
DUST = 0.0001
"""Coins that a fee in coins may leave."""


class Trade(NamedTuple):
    """A trade as the database has it; its stop is None before the first one."""

    number: int
    is_open: bool
    entry: float
    stop: float | None
    amount: float
    reason: str


class State(NamedTuple):
    """The state that robustop has stored."""

    stop: float
    best: float
    phase: str
    rungs: int
    asked: str | None


class StopOrder(NamedTuple):
    """A stop order that rests on the exchange."""

    price: float
    quantity: float


class Fill(NamedTuple):
    """A fill on the exchange."""

    order: int
    side: str
    price: float
    quantity: float


class Sight(NamedTuple):
    """What is seen at one moment.

    Attributes:
        trades: all trades.
        states: robustop's states, by trade.
        known: ids of the orders that the database has.
        stops: the stop orders that rest.
        resting: ids of all orders that rest, stops included.
        fills: every fill.
    """

    trades: tuple[Trade, ...]
    states: dict[int, State]
    known: frozenset[str]
    stops: tuple[StopOrder, ...]
    resting: frozenset[int]
    fills: tuple[Fill, ...]

    @property
    def trade(self) -> Trade | None:
        """The last trade; None before the first."""
        return self.trades[-1] if self.trades else None

    @property
    def state(self) -> State | None:
        """The state of the last trade; None without one."""
        return self.states.get(self.trades[-1].number) if self.trades else None

    @property
    def unknown(self) -> frozenset[int]:
        """Ids of orders that are filled or rest, and that the database does not have."""
        there = self.resting | {fill.order for fill in self.fills}
        return frozenset(order for order in there if str(order) not in self.known)


class Eyes:
    """Looks at one bot's database and exchange."""

    def __init__(self, url: str, exchange: Exchange, variant: Variant) -> None:
        """Take the URL of the trade database, which may not be there yet."""
        self._exchange, self._variant = exchange, variant
        self.engine = sa.create_engine(url)

    def look(self) -> Sight:
        """Look once."""
        state = self._exchange.state()
        trades, states, known = self._database()
        stops = tuple(sorted(StopOrder(stop["stop"], stop["quantity"]) for stop in state["stops"]))
        resting = frozenset(order["order"] for name in ("stops", "orders") for order in state[name])
        fills = tuple(Fill(fill["order"], fill["side"], fill["price"], fill["quantity"]) for fill in state["fills"])
        return Sight(trades, states, known, stops, resting, fills)

    def held(self) -> float:
        """Return the position on the exchange, in coins."""
        state = self._exchange.state()
        if self._variant.futures:
            return abs(float(state["positions"].get(self._variant.pair, {"amount": 0.0})["amount"]))
        coins = state["balances"]["spot"].get("BTC", {"free": 0.0, "locked": 0.0})
        return float(coins["free"] + coins["locked"])

    def problems(self) -> tuple[str, ...]:
        """Return what the exchange finds wrong in its ledger."""
        return self._exchange.problems()

    def _database(self) -> tuple[tuple[Trade, ...], dict[int, State], frozenset[str]]:
        with self.engine.connect() as connection:
            there = set(sa.inspect(connection).get_table_names())
            if not {"trades", "orders", "trade_custom_data"} <= there:
                return (), {}, frozenset()
            trades = tuple(_trade(row) for row in connection.execute(sa.text(TRADES)))
            states = {row.ft_trade_id: _state(row.cd_value) for row in connection.execute(sa.text(STATES))}
            known = frozenset(str(row.order_id) for row in connection.execute(sa.text(ORDERS)))
        return trades, states, known


def _trade(row: Any) -> Trade:
    return Trade(row.id, bool(row.is_open), row.open_rate, row.stop_loss, row.amount, row.exit_reason or "")


def _state(text: str) -> State:
    content = json.loads(text)
    memory, sale = content["memory"], content["exchange"]["sale"]
    return State(memory["stop"], memory["best"], memory["phase"], memory["progress"][0], sale and str(sale))


class Entry(NamedTuple):
    """An audit record without its time and what depends on the candles."""

    token: str
    action: str
    price: float | None
    old_stop: float | None
    new_stop: float | None
    engine: str | None
    rule: str | None
    phase: str | None
    reason: str | None
    facts: tuple[tuple[str, Any], ...]

    @property
    def what(self) -> tuple[Any, ...]:
        """All but the token's opening time."""
        return self[1:]

    @property
    def sequence(self) -> int:
        """The record's number in its trade."""
        return int(self.token.rsplit(":", 1)[1])


def read_records(engine: sa.Engine) -> list[dict[str, Any]]:
    """Return every record of a bot's audit as it is stored."""
    return list(read_table(engine))


def entry_of(record: dict[str, Any]) -> Entry:
    """Return the parts of a record that two lives at the same prices have in common."""
    facts = tuple(sorted((name, value) for name, value in record["facts"].items() if name not in OF_THE_MARKET))
    return Entry(*(record[name] for name in Entry._fields[:-1]), facts)

"""Closed trades: how they ended, how much of the best price was given back, and the path of the stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from robustop_plugin.operate.last_records import Record, move_records
from robustop_plugin.operate.reading import read_closed_trades
from robustop_plugin.operate.trade_view import TradeView


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """One closed trade.

    Attributes:
        trade: the trade as the database has it.
        moves: the audit records of its stop, oldest first.
    """

    trade: TradeView
    moves: tuple[Record, ...]

    @property
    def original_amount(self) -> float:
        """Sum of its filled entries, in base currency."""
        entries = "buy" if self.trade.side > 0 else "sell"
        return sum(order.filled for order in self.trade.orders if order.kind == entries)

    @property
    def r(self) -> float | None:
        """The profit after costs in multiples of what the initial stop risked; None if R is unknown."""
        risk, amount = self.trade.risk, self.original_amount
        if not risk or not amount or self.trade.close_profit_abs is None:
            return None
        return self.trade.close_profit_abs / (risk * amount)

    @property
    def best_r(self) -> float | None:
        """The profit at the best price in multiples of R; None if R is unknown."""
        return self._multiple(self.trade.best)

    @property
    def giveback_r(self) -> float | None:
        """From the best price to the last exit, in multiples of R; None if one is unknown."""
        best, end = self.best_r, self._multiple(self.trade.close_price)
        return None if best is None or end is None else best - end

    @property
    def giveback_percent(self) -> float | None:
        """The same in percent of the best price."""
        best, end = self.trade.best, self.trade.close_price
        return None if best is None or end is None else self.trade.side * (best - end) / best * 100

    def _multiple(self, price: float | None) -> float | None:
        risk = self.trade.risk
        return None if price is None or not risk else self.trade.side * (price - self.trade.entry) / risk

    @property
    def path(self) -> list[tuple[str, float, int]]:
        """Who moved the stop, where to, and in how many moves in a row; the initial stop first."""
        runs = []
        for name, moves in groupby(self.moves, key=mover):
            found = list(moves)
            stops = [record["new_stop"] for record in found if record.get("new_stop") is not None]
            if stops:
                runs.append((name, float(stops[-1]), len(found)))
        return runs


def mover(record: Record) -> str:
    """Return who moved the stop: engine and rule, or what else it was."""
    names = " ".join(str(record[name]) for name in ("engine", "rule") if record.get(name))
    return str(record["action"]) if record["action"] in ("initial", "adopted", "averaged") else names or "host"


def look_at_closed(engine: sa.Engine, most: int, trade_id: int | None, pair: str | None) -> Sequence[ClosedTrade]:
    """Return the trades that were closed last, the last one first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    trades = read_closed_trades(engine, most, trade_id, pair)
    moves = move_records(engine, [trade.number for trade in trades])
    return [ClosedTrade(trade, tuple(moves(trade.number, trade.opened_ms))) for trade in trades]

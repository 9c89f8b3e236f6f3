"""An order of a trade, as Freqtrade has recorded it."""

from dataclasses import dataclass

import sqlalchemy as sa

from robustop_plugin.operate.moments import seconds
from robustop_plugin.operate.tables import ORDERS, STOP_SIDE, TRADES


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as Freqtrade knows it.

    Attributes:
        number: Freqtrade's number of the order; a later order has a larger one.
        order_id: the exchange's identifier.
        kind: buy, sell, or stoploss for a stop order.
        side: buy or sell.
        order_type: limit, market, or the exchange's name of a stop order.
        status: as the exchange last said: open, closed, canceled, expired, rejected; None if it has not answered.
        is_open: True if Freqtrade believes that it rests.
        price: the price asked for; None for a market order.
        average: the price of its fills; None before the first.
        stop_price: the price that triggers it; None for other orders.
        amount: in base currency.
        filled: in base currency.
        tag: the reason of an exit, or the tag of an entry; None without one.
        ordered_at: in seconds since the epoch.
        filled_at: in seconds since the epoch; None before that.
        updated_at: when Freqtrade last asked for it, in seconds since the epoch.
        fee_base: the part of its fill that was taken as a fee, in base currency; None if none was.
    """

    number: int
    order_id: str
    kind: str
    side: str
    order_type: str | None
    status: str | None
    is_open: bool
    price: float | None
    average: float | None
    stop_price: float | None
    amount: float
    filled: float
    tag: str | None
    ordered_at: float | None
    filled_at: float | None
    updated_at: float | None
    fee_base: float | None

    @property
    def is_stop(self) -> bool:
        """True for a stop order on the exchange."""
        return self.kind == STOP_SIDE

    @property
    def remaining(self) -> float:
        """What is not filled, in base currency."""
        return max(self.amount - self.filled, 0.0)


def read_orders(connection: sa.Connection, chosen: sa.Select[tuple[int]]) -> dict[int, tuple[OrderView, ...]]:
    """Return the orders of trades by the number of the trade, oldest first.

    Of a trade's stop orders that rest no longer and sold nothing, often hundreds, only the last is read.

    Args:
        connection: of the trade database.
        chosen: a query for the numbers of the trades.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be read.
    """
    order = ORDERS.c
    last_stops = (
        sa.select(sa.func.max(order.id))
        .where(order.ft_order_side == STOP_SIDE, order.ft_trade_id.in_(chosen))
        .group_by(order.ft_trade_id)
    )
    matters = sa.or_(order.ft_is_open, order.filled > 0, order.ft_order_side != STOP_SIDE, order.id.in_(last_stops))
    rows = connection.execute(sa.select(ORDERS).where(order.ft_trade_id.in_(chosen), matters).order_by(order.id))
    found: dict[int, list[OrderView]] = {}
    for row in rows:
        found.setdefault(row.ft_trade_id, []).append(_order(row))
    return {number: tuple(orders) for number, orders in found.items()}


def open_numbers() -> sa.Select[tuple[int]]:
    """Return a query for the numbers of the open trades."""
    return sa.select(TRADES.c.id).where(TRADES.c.is_open)


def _order(row: sa.Row[tuple[object, ...]]) -> OrderView:
    return OrderView(
        number=row.id,
        order_id=row.order_id,
        kind=row.ft_order_side,
        side=row.side or row.ft_order_side,
        order_type=row.order_type,
        status=row.status,
        is_open=bool(row.ft_is_open),
        price=row.price,
        average=row.average,
        # Some exchanges answer without the price that triggers the order; Freqtrade has written what it asked for.
        stop_price=(row.stop_price or row.ft_price) if row.ft_order_side == STOP_SIDE else None,
        amount=row.amount or row.ft_amount,
        filled=row.filled or 0.0,
        tag=row.ft_order_tag,
        ordered_at=seconds(row.order_date),
        filled_at=seconds(row.order_filled_date),
        updated_at=seconds(row.order_update_date),
        fee_base=row.ft_fee_base,
    )

"""Reads trades out of a trade database: with their orders, robustop's states and the last audit records."""

import math

import sqlalchemy as sa

from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.operate.database import snapshot
from robustop_plugin.operate.last_records import Record, last_records, stored_records
from robustop_plugin.operate.moments import milliseconds, seconds
from robustop_plugin.operate.order_view import OrderView, read_orders
from robustop_plugin.operate.stored_state import SHADOWED_KEY, STATE_KEY, read_custom_data, stored_state
from robustop_plugin.operate.tables import TRADES
from robustop_plugin.operate.trade_view import TradeView


def read_open_trades(engine: sa.Engine) -> list[TradeView]:
    """Return the open trades, oldest first; all as they were at one moment.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read, or is none of Freqtrade's.
    """
    return _read(engine, sa.select(TRADES.c.id).where(TRADES.c.is_open))


def read_closed_trades(
    engine: sa.Engine, most: int, trade_id: int | None = None, pair: str | None = None
) -> list[TradeView]:
    """Return the trades that were closed last, at most so many, the last one first.

    Args:
        engine: of the trade database.
        most: how many.
        trade_id: only the trade of this number.
        pair: only trades of this pair.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read, or is none of Freqtrade's.
    """
    trade = TRADES.c
    newest = sa.select(trade.id).where(~trade.is_open).order_by(trade.close_date.desc(), trade.id.desc()).limit(most)
    if trade_id is not None:
        newest = newest.where(trade.id == trade_id)
    if pair is not None:
        newest = newest.where(trade.pair == pair)
    trades = _read(engine, newest)
    return sorted(trades, key=lambda view: (view.closed_at or 0.0, view.number), reverse=True)


def _read(engine: sa.Engine, chosen: sa.Select[tuple[int]]) -> list[TradeView]:
    with snapshot(engine) as connection:
        rows = connection.execute(sa.select(TRADES).where(TRADES.c.id.in_(chosen)).order_by(TRADES.c.id)).all()
        orders = read_orders(connection, chosen)
        values = read_custom_data(connection, chosen)
        records = stored_records(connection, chosen)
    return [_trade(row, orders.get(row.id, ()), values, records.get(row.id, [])) for row in rows]


def _trade(
    row: sa.Row[tuple[object, ...]],
    orders: tuple[OrderView, ...],
    values: dict[tuple[int, str], str],
    records: list[Record],
) -> TradeView:
    side, opened_ms, amount = SHORT if row.is_short else LONG, milliseconds(row.open_date), row.amount or 0.0
    stored = stored_state(
        values.get((row.id, STATE_KEY)),
        values.get((row.id, SHADOWED_KEY)),
        opened_ms,
        row.pair,
        side,
        holds=amount > 0 and bool(row.is_open),
    )
    return TradeView(
        number=row.id,
        opened_ms=opened_ms,
        pair=row.pair,
        side=side,
        is_open=bool(row.is_open),
        closed_at=seconds(row.close_date),
        exchange=row.exchange,
        strategy=row.strategy,
        stake_currency=row.stake_currency or row.pair.partition("/")[2].partition(":")[0],
        trading_mode=row.trading_mode,
        entry=row.open_rate,
        amount=amount,
        stake=row.stake_amount or 0.0,
        largest_stake=row.max_stake_amount or row.stake_amount or 0.0,
        leverage=row.leverage or 1.0,
        fee_open=row.fee_open or 0.0,
        fee_close=row.fee_close or 0.0,
        funding=row.funding_fees or 0.0,
        interest_rate=row.interest_rate or 0.0,
        realized=row.realized_profit or 0.0,
        host_stop=_price(row.stop_loss),
        liquidation=_price(row.liquidation_price),
        max_rate=_price(row.max_rate),
        min_rate=_price(row.min_rate),
        close_price=_price(row.close_rate),
        close_profit=row.close_profit,
        close_profit_abs=row.close_profit_abs,
        exit_reason=row.exit_reason,
        orders=orders,
        stored=stored,
        last=last_records(records, () if stored.state is None else stored.state.records, row.id, opened_ms),
    )


def _price(value: float | None) -> float | None:
    """Return a price; None for what cannot be one, such as the 0 that Freqtrade writes where it knows none."""
    return value if value is not None and math.isfinite(value) and value > 0 else None

"""The columns of Freqtrade's tables that are read, without Freqtrade's own classes, which take seconds to import."""

from typing import Any

import sqlalchemy as sa

Columns = dict[str, sa.types.TypeEngine[Any]]

TRADE_COLUMNS: Columns = {
    "id": sa.Integer(),
    "exchange": sa.String(),
    "pair": sa.String(),
    "stake_currency": sa.String(),
    "is_open": sa.Boolean(),
    "is_short": sa.Boolean(),
    "open_date": sa.DateTime(),
    "close_date": sa.DateTime(),
    "open_rate": sa.Float(),
    "close_rate": sa.Float(),
    "amount": sa.Float(),
    "stake_amount": sa.Float(),
    "max_stake_amount": sa.Float(),
    "leverage": sa.Float(),
    "fee_open": sa.Float(),
    "fee_close": sa.Float(),
    "funding_fees": sa.Float(),
    "interest_rate": sa.Float(),
    "trading_mode": sa.String(),
    "realized_profit": sa.Float(),
    "close_profit": sa.Float(),
    "close_profit_abs": sa.Float(),
    "stop_loss": sa.Float(),
    "initial_stop_loss": sa.Float(),
    "liquidation_price": sa.Float(),
    "max_rate": sa.Float(),
    "min_rate": sa.Float(),
    "exit_reason": sa.String(),
    "strategy": sa.String(),
}
ORDER_COLUMNS: Columns = {
    "id": sa.Integer(),
    "ft_trade_id": sa.Integer(),
    "ft_order_side": sa.String(),
    "ft_is_open": sa.Boolean(),
    "ft_amount": sa.Float(),
    "ft_price": sa.Float(),
    "ft_order_tag": sa.String(),
    "ft_fee_base": sa.Float(),
    "order_id": sa.String(),
    "status": sa.String(),
    "order_type": sa.String(),
    "side": sa.String(),
    "price": sa.Float(),
    "average": sa.Float(),
    "stop_price": sa.Float(),
    "amount": sa.Float(),
    "filled": sa.Float(),
    "remaining": sa.Float(),
    "order_date": sa.DateTime(),
    "order_filled_date": sa.DateTime(),
    "order_update_date": sa.DateTime(),
}
CUSTOM_DATA_COLUMNS: Columns = {"ft_trade_id": sa.Integer(), "cd_key": sa.String(), "cd_value": sa.Text()}


def _table(name: str, columns: Columns) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


TRADES = _table("trades", TRADE_COLUMNS)
ORDERS = _table("orders", ORDER_COLUMNS)
CUSTOM_DATA = _table("trade_custom_data", CUSTOM_DATA_COLUMNS)

STOP_SIDE = "stoploss"
"""What Freqtrade calls the side of a stop order."""

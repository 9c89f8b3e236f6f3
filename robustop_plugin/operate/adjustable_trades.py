"""Reads open trades with the states of their stops, and says of which no stop can be adjusted."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from robustop_plugin.core.errors import RobustopError, UnknownSchema
from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.core.trade_state import TradeState, from_dict

STATE, SHADOWED = "robustop", "robustop-shadowed"
"""The custom-data keys of a state, and of a trade that robustop only decides about."""

TRADES = sa.table(
    "trades",
    sa.column("id", sa.Integer),
    sa.column("pair", sa.String),
    sa.column("is_short", sa.Boolean),
    sa.column("is_open", sa.Boolean),
    sa.column("open_date", sa.DateTime),
    sa.column("amount", sa.Float),
    sa.column("open_rate", sa.Float),
    sa.column("stop_loss", sa.Float),
)
DATA = sa.table(
    "trade_custom_data",
    sa.column("ft_trade_id", sa.Integer),
    sa.column("cd_key", sa.String),
    sa.column("cd_value", sa.Text),
)
"""The columns of Freqtrade's tables that are read."""


class AdjustableTrade(NamedTuple):
    """An open trade.

    Attributes:
        trade_id: its number.
        pair: its pair.
        side: +1 long, -1 short.
        opened_ms: when it was opened, in milliseconds since the epoch.
        entry: the open rate, in price.
        stop: Freqtrade's stop, in price; None without one.
        state: the state of its stop; None if there is none that can be used.
        why_not: why its stop cannot be adjusted; None if it can.
    """

    trade_id: int
    pair: str
    side: int
    opened_ms: int
    entry: float
    stop: float | None
    state: TradeState | None
    why_not: str | None


def adjustable_trades(engine: sa.Engine) -> list[AdjustableTrade]:
    """Return the open trades, oldest first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it is not a trade database of Freqtrade, or cannot be read.
    """
    trade, data = TRADES.c, DATA.c
    chosen = sa.select(TRADES).where(trade.is_open).order_by(trade.id)
    kept = sa.select(data.ft_trade_id, data.cd_key, data.cd_value).where(
        data.cd_key.in_((STATE, SHADOWED)), data.ft_trade_id.in_(sa.select(trade.id).where(trade.is_open))
    )
    with engine.connect() as connection:
        rows = connection.execute(chosen).all()
        values = {(row.ft_trade_id, row.cd_key): row.cd_value for row in connection.execute(kept).all()}
    return [_read(row, values.get((row.id, STATE)), values.get((row.id, SHADOWED))) for row in rows]


def _read(row: Any, state_text: str | None, shadow_text: str | None) -> AdjustableTrade:
    opened = int(row.open_date.replace(tzinfo=UTC).timestamp() * 1000) if isinstance(row.open_date, datetime) else 0
    identity = [opened, row.pair, SHORT if row.is_short else LONG]
    state, why_not = _state_of(identity, state_text)
    if state is None and _parsed(shadow_text).get("identity") == identity:
        why_not = "robustop only decides about it (shadow) and moves no stop of it; `robustop panic` closes it"
    elif not row.amount:
        why_not = "its entry order rests: there is nothing to protect yet"
    return AdjustableTrade(row.id, row.pair, identity[2], opened, row.open_rate, row.stop_loss or None, state, why_not)


def _state_of(identity: list[Any], text: str | None) -> tuple[TradeState | None, str | None]:
    """Return the state of a trade, or why there is none."""
    nothing = "robustop has no state of it yet: start the bot, and ask again after its first look"
    if text is None:
        return None, nothing
    try:
        state = from_dict(_parsed(text))
    except UnknownSchema as error:
        return None, str(error)
    except RobustopError:
        return None, "its state cannot be read; the bot adopts it anew at its next look"
    if [state.opened_ms, state.pair or identity[1], state.position.side] != identity:
        return None, nothing
    return state, None


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}

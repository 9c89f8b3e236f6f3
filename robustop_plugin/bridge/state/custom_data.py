"""What the store does with Freqtrade's custom data that Freqtrade has no function for."""

import json

from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from freqtrade.util import dt_now
from sqlalchemy import select

from robustop_plugin.core.trade_state import TradeState, to_dict


def rewrite(states: dict[int, TradeState], key: str) -> list[int]:
    """Replace states in one transaction, as Freqtrade replaces one; return the numbers of those that were there.

    Raises:
        SQLAlchemyError: The database did not take them.
    """
    wanted = _CustomData.cd_key == key, _CustomData.ft_trade_id.in_(states)
    entries = _CustomData.session.scalars(select(_CustomData).filter(*wanted)).all()
    for entry in entries:
        entry.cd_value = json.dumps(to_dict(states[entry.ft_trade_id]))
        entry.updated_at = dt_now()
    _CustomData.session.commit()
    return [entry.ft_trade_id for entry in entries]


def delete(trade_id: int, key: str) -> None:
    """Delete only the state of a trade. Freqtrade before 2026.9 could only delete all custom data of a trade."""
    if CustomDataWrapper.use_db:
        found = _CustomData.ft_trade_id == trade_id, _CustomData.cd_key == key
        _CustomData.session.query(_CustomData).filter(*found).delete()
        _CustomData.session.commit()
        return
    CustomDataWrapper.custom_data = [
        entry for entry in CustomDataWrapper.custom_data if (entry.ft_trade_id, entry.cd_key) != (trade_id, key)
    ]

"""Where the state of trades lives: under one custom-data key of the trade database."""

import logging
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData

from robustop_plugin.bridge.alarm import Alarm
from robustop_plugin.core.errors import UnknownSchema
from robustop_plugin.core.memory import TradeState, from_dict, to_dict

logger = logging.getLogger(__name__)

KEY = "robustop"
"""No underscore, no percent sign: the host looks keys up with ILIKE, where both are wildcards."""


def opened_ms(trade: Trade) -> int:
    """Return when a trade was opened, in milliseconds since the epoch."""
    return int(trade.open_date_utc.timestamp() * 1000)


class Store:
    """The states of the open trades, in memory and in the trade database.

    Live, every change is written at once: the process may die at any time. A backtest never resumes, and
    its custom data is one list that each access scans, so there only events (a stop that moved) are written.

    Attributes:
        durable: whether every change is written.
    """

    def __init__(self, alarm: Alarm, *, durable: bool) -> None:
        """Start with nothing in memory."""
        self.alarm = alarm
        self.durable = durable
        self._states: dict[int, tuple[datetime, TradeState]] = {}
        self._untouchable: set[int] = set()
        self._lost: set[int] = set()
        self._unsaved: set[int] = set()

    def is_untouchable(self, trade: Trade) -> bool:
        """Return whether the trade's state was written by a newer robustop."""
        return trade.id in self._untouchable

    def get(self, trade: Trade) -> TradeState | None:
        """Return the state of a trade, from memory or from the database; None where there is none."""
        opened, state = self._states.get(trade.id, (None, None))
        # A new backtest in the same process may count its trades from one again.
        if state is not None and (self.durable or opened == trade.open_date):
            return state
        state = self._read(trade)
        if state is not None:
            self._states[trade.id] = (trade.open_date, state)
        return state

    def _read(self, trade: Trade) -> TradeState | None:
        try:
            data = trade.get_custom_data(KEY)
            return None if data is None else from_dict(data)
        except UnknownSchema as error:
            if trade.id not in self._untouchable:
                logger.error("robustop: trade %s of %s is left alone: %s", trade.id, trade.pair, error)
            self._untouchable.add(trade.id)
        except (TypeError, ValueError) as error:
            # No state of ours, or half of one. The host could not overwrite a value of another type.
            logger.error("robustop: trade %s of %s is adopted anew: %s", trade.id, trade.pair, error)
            _delete(trade.id)
            self._lost.add(trade.id)
        return None

    def has_lost(self, trade: Trade) -> bool:
        """Return whether the trade had a state that could not be read."""
        return trade.id in self._lost

    def put(self, trade: Trade, state: TradeState, *, event: bool) -> None:
        """Keep a state; a database that refuses it is asked again with the next one."""
        self._states[trade.id] = (trade.open_date, state)
        if not (event or self.durable or trade.id in self._unsaved):
            return
        try:
            trade.set_custom_data(KEY, to_dict(state))
        except Exception as error:
            # Whatever the database says, the stop that was decided must still be published.
            logger.exception("robustop: the state of trade %s was not written; it is tried again", trade.id)
            self.alarm.raise_for(trade.pair, f"the state was not written: {error!r}")
            self._unsaved.add(trade.id)
            if CustomDataWrapper.use_db:
                _CustomData.session.rollback()
        else:
            self._unsaved.discard(trade.id)

    def forget(self, trade: Trade) -> None:
        """Drop the state of a closed trade from memory; a backtest's custom data is kept short as well."""
        self._states.pop(trade.id, None)
        self._unsaved.discard(trade.id)
        if not self.durable:
            _delete(trade.id)


def _delete(trade_id: int) -> None:
    """Delete a trade's state alone: before 2026.9 the host could only delete all custom data of a trade."""
    if CustomDataWrapper.use_db:
        found = _CustomData.ft_trade_id == trade_id, _CustomData.cd_key == KEY
        _CustomData.session.query(_CustomData).filter(*found).delete()
        _CustomData.session.commit()
        return
    CustomDataWrapper.custom_data = [
        entry for entry in CustomDataWrapper.custom_data if (entry.ft_trade_id, entry.cd_key) != (trade_id, KEY)
    ]

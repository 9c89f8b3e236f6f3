"""Where the state of trades lives: under one custom-data key of the trade database."""

import logging

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData

from robustop_plugin.core.errors import RobustopError, UnknownSchema
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

    def __init__(self, *, durable: bool) -> None:
        """Start with nothing in memory."""
        self.durable = durable
        self._states: dict[int, TradeState] = {}
        self._untouchable: set[int] = set()
        self._unsaved: set[int] = set()

    def is_untouchable(self, trade: Trade) -> bool:
        """Return whether the trade's state was written by a newer robustop."""
        return trade.id in self._untouchable

    def get(self, trade: Trade) -> TradeState | None:
        """Return the state of a trade, from memory or from the database; None where there is none."""
        state = self._states.get(trade.id)
        if state is None:
            state = self._read(trade)
            if state is not None:
                self._states[trade.id] = state
        # A new backtest in the same process may count its trades from one again.
        if state is not None and not self.durable and state.opened_ms != opened_ms(trade):
            return None
        return state

    def _read(self, trade: Trade) -> TradeState | None:
        data = trade.get_custom_data(KEY)
        if data is None:
            return None
        try:
            return from_dict(data)
        except UnknownSchema as error:
            if trade.id not in self._untouchable:
                logger.error("robustop: trade %s of %s is left alone: %s", trade.id, trade.pair, error)
            self._untouchable.add(trade.id)
        except RobustopError as error:
            logger.error("robustop: trade %s of %s is adopted anew: %s", trade.id, trade.pair, error)
        return None

    def put(self, trade: Trade, state: TradeState, *, event: bool) -> None:
        """Keep a state; a database that refuses it is asked again with the next one."""
        self._states[trade.id] = state
        if not (event or self.durable or trade.id in self._unsaved):
            return
        try:
            trade.set_custom_data(KEY, to_dict(state))
        except Exception:
            # Whatever the database says, the stop that was decided must still be published.
            logger.exception("robustop: the state of trade %s was not written; it is tried again", trade.id)
            self._unsaved.add(trade.id)
            if CustomDataWrapper.use_db:
                _CustomData.session.rollback()
        else:
            self._unsaved.discard(trade.id)

    def forget(self, trade: Trade) -> None:
        """Drop the state of a closed trade from memory; a backtest's custom data is kept short as well."""
        self._states.pop(trade.id, None)
        if not self.durable:
            CustomDataWrapper.delete_custom_data(trade.id, KEY)

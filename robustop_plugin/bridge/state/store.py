"""Where the state of trades lives: under one custom-data key of the trade database."""

import logging
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from robustop_plugin.bridge.facts.identity import belongs_to
from robustop_plugin.bridge.state.database_health import DatabaseHealth, DatabaseSilent
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.core.errors import UnknownSchema
from robustop_plugin.core.trade_state import TradeState, from_dict, to_dict

logger = logging.getLogger(__name__)

KEY = "robustop"
"""No underscore, no percent sign: the host looks keys up with ILIKE, where both are wildcards."""


class Store:
    """The states of the open trades, in memory and in the trade database.

    Live, every change is written at once: the process may die at any time. A backtest never resumes, and
    its custom data is one list that each access scans, so there only events (a stop that moved) are written.

    Attributes:
        alarm: for writes that fail.
        health: of the trade database.
        durable: whether every change is written.
    """

    def __init__(self, alarm: ErrorReporter, health: DatabaseHealth | None = None, *, durable: bool) -> None:
        """Start with nothing in memory."""
        self.alarm = alarm
        self.health = health or DatabaseHealth()
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
        # Live, the same date comes with a time zone before it was written, and without one after.
        if state is not None and (opened == trade.open_date or (self.durable and belongs_to(state, trade))):
            return state
        state = self._read(trade)
        if state is not None:
            self._states[trade.id] = (trade.open_date, state)
        return state

    def is_in_memory(self, trade: Trade) -> bool:
        """Return whether this process knows a state under the trade's number."""
        return trade.id in self._states

    def _read(self, trade: Trade) -> TradeState | None:
        if self.health.reads_failed:
            raise DatabaseSilent
        try:
            data = trade.get_custom_data(KEY)
            state = None if data is None else from_dict(data)
            if state is None:
                return None
            if belongs_to(state, trade):
                state.pair = trade.pair
                return state
            logger.warning("robustop: number %s belonged to another trade before: its state is dropped", trade.id)
            _delete(trade.id)
        except UnknownSchema as error:
            if trade.id not in self._untouchable:
                logger.error("robustop: trade %s of %s is left alone: %s", trade.id, trade.pair, error)
            self._untouchable.add(trade.id)
        except (TypeError, ValueError) as error:
            # No state of ours, or half of one. The host could not overwrite a value of another type.
            logger.error("robustop: trade %s of %s is adopted anew: %s", trade.id, trade.pair, error)
            _delete(trade.id)
            self._lost.add(trade.id)
        except SQLAlchemyError:
            self.health.reads_failed = self.durable
            raise
        return None

    def has_lost(self, trade: Trade) -> bool:
        """Return whether the trade had a state that could not be read."""
        return trade.id in self._lost

    def put(self, trade: Trade, state: TradeState, *, event: bool) -> None:
        """Keep a state; a database that refuses it is asked again in the next loop."""
        self._states[trade.id] = (trade.open_date, state)
        if event or self.durable or trade.id in self._unsaved:
            self._write(trade.id, trade.pair, state)

    def new_loop(self) -> None:
        """Write what could not be written in the loops before; what waits for a trade that is gone is dropped."""
        self.health.new_loop()
        if not self._unsaved:
            return
        try:
            trades = Trade.get_trades_proxy(is_open=True)
        except SQLAlchemyError:
            self.health.reads_failed = self.health.writes_failed = True
            return
        alive = {trade.id for trade in trades if trade.id in self._states and self._is_of(trade)}
        for trade_id in sorted(self._unsaved):
            if trade_id in alive:
                state = self._states[trade_id][1]
                self._write(trade_id, state.pair or "", state)
            else:
                self._unsaved.discard(trade_id)

    def _is_of(self, trade: Trade) -> bool:
        return belongs_to(self._states[trade.id][1], trade)

    def _write(self, trade_id: int, pair: str, state: TradeState) -> None:
        self._unsaved.add(trade_id)
        if self.health.writes_failed:
            return
        try:
            CustomDataWrapper.set_custom_data(trade_id=trade_id, key=KEY, value=to_dict(state))
        except Exception as error:
            # Whatever the database says, the stop that was decided must still be published.
            logger.exception("robustop: the state of trade %s was not written; it is tried again", trade_id)
            # What a database refuses of one trade says nothing of the others.
            silent = isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError)
            self.health.writes_failed = self.durable and silent
            self.alarm.report_error(pair, f"the state was not written: {error!r}")
            if CustomDataWrapper.use_db:
                _CustomData.session.rollback()
        else:
            self._unsaved.discard(trade_id)

    def forget(self, trade_id: int) -> None:
        """Drop the state of a trade that is over from memory; a backtest's custom data is kept short as well."""
        self._states.pop(trade_id, None)
        for numbers in (self._unsaved, self._untouchable, self._lost):
            numbers.discard(trade_id)
        if not self.durable:
            _delete(trade_id)


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

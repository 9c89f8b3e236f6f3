"""Stores the state of each trade: in its record in memory, and under one custom-data key in the trade database."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from robustop_plugin.bridge.facts.identity import belongs_to
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.messages.texts import which
from robustop_plugin.bridge.state.backtest_data import keep_in_backtest
from robustop_plugin.bridge.state.custom_data import delete, rewrite
from robustop_plugin.bridge.state.database_health import DatabaseHealth, DatabaseSilent, answers, end_transaction
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.live_trade import LiveTrade, Written, written_form
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recovery import Recovery
from robustop_plugin.core.errors import UnknownSchema
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.trade_state import TradeState, from_dict, to_dict

logger = logging.getLogger(__name__)

KEY = "robustop"
"""The custom-data key. No underscores and percent signs: Freqtrade finds keys with ILIKE, where both are wildcards."""


class Store:
    """The states of the open trades, in memory and in the trade database.

    Events, such as a moved stop, are written at once. A bot's process may die at any time, so it also writes whatever
    could not be recovered otherwise: at once if it can change a decision, else with the next loop. A backtest never
    resumes.

    Attributes:
        errors: Reports writes that fail.
        health: Condition of the trade database in this loop.
        durable: True in a bot, whose states have to survive the process.
        open_trades: The records that hold the states.
        key: The custom-data key of the states.
        recovery: Completes what is read; None to take it as it was written.
        on_read: Called with a bot's trade and its state once it is read from the database; None to call nothing.
        on_drop: Called with the audit records of a state before that is deleted; returns False to keep it until
            another state replaces it.
    """

    def __init__(
        self,
        errors: ErrorReporter,
        health: DatabaseHealth | None = None,
        open_trades: OpenTrades | None = None,
        *,
        durable: bool,
        key: str = KEY,
    ) -> None:
        """Start with nothing in memory."""
        self.key = key
        self.errors = errors
        self.health = health or DatabaseHealth()
        self.durable = durable
        self.open_trades = open_trades or OpenTrades()
        self.recovery: Recovery | None = None
        self.on_read: Callable[[Trade, TradeState], None] | None = None
        self.on_drop: Callable[[Iterable[Any]], bool] = lambda _: True

    def get(self, trade: Trade) -> TradeState | None:
        """Return the state of a trade, from memory or from the database; None if there is none."""
        record = self.open_trades.of(trade)
        # In a bot, the same opening date has a time zone before it is written to the database, and none after.
        if record.state is not None and (
            record.open_date == trade.open_date or (self.durable and belongs_to(record.state, trade))
        ):
            return record.state
        state = self._read(trade, record)
        if state is not None:
            record.state, record.open_date = state, trade.open_date
            if self.durable:
                record.written = written = written_form(state)
                state.memory = self._recovered(trade, state, written)
                if self.on_read is not None:
                    with suppress(Exception):
                        self.on_read(trade, state)
        return state

    def _recovered(self, trade: Trade, state: TradeState, written: Written) -> Memory:
        """Return the memory that a restart would recover from what is written."""
        if self.recovery is None:
            return written.memory
        return self.recovery.recovered(trade, state, written.memory, written.entries)

    def _read(self, trade: Trade, record: LiveTrade) -> TradeState | None:
        if self.health.reads_failed:
            raise DatabaseSilent
        data = None
        try:
            data = trade.get_custom_data(self.key)
            state = None if data is None else from_dict(data)
            if state is None:
                return None
            if belongs_to(state, trade):
                state.pair = trade.pair
                return state
            logger.warning("robustop: number %s belonged to another trade before: its state is dropped", trade.id)
            self._drop(trade.id, state.records)
        except UnknownSchema as error:
            if not record.untouchable:
                logger.error("robustop: trade %s of %s is left alone: %s", trade.id, trade.pair, error)
                text = f"{which(trade)} is left alone: {error}"
                self.errors.notify(Message(text, f"schema {trade.id} {trade.open_date}"), "database", trade.pair)
            record.untouchable = True
        except (TypeError, ValueError) as error:
            # Not a state, or a damaged one. It is deleted, as Freqtrade cannot overwrite a value of another type.
            logger.error("robustop: trade %s of %s is adopted anew: %s", trade.id, trade.pair, error)
            self._drop(trade.id, data.get("records") if isinstance(data, dict) else None)
            record.lost = True
        except SQLAlchemyError as error:
            self._read_failed(error)
            raise
        return None

    def _drop(self, trade_id: int, records: Any) -> None:
        """Delete a state that is of no use; the audit records that it carries are stored first."""
        if not isinstance(records, list | tuple) or not records or self.on_drop(records):
            delete(trade_id, self.key)

    def put(self, trade: Trade, state: TradeState, *, event: bool) -> None:
        """Keep a state. If the database refuses it, the next loop writes it again."""
        record = self.open_trades.of(trade)
        record.state, record.open_date = state, trade.open_date
        if event or (self._would_be_lost(trade, record, state) if self.durable else record.unsaved):
            self._write(trade.id, trade.pair, record, state)

    def put_at_once(self, trade: Trade, state: TradeState) -> bool:
        """Write a state that must not be lost; return False if the database does not take it."""
        self.put(trade, state, event=True)
        return not self.open_trades.of(trade).unsaved

    def _would_be_lost(self, trade: Trade, record: LiveTrade, state: TradeState) -> bool:
        """Return True if a restart could decide otherwise; what only repeats the candles is left to the next loop."""
        written, memory = record.written, state.memory
        if written is None or written.position is not state.position or written.entries is not state.entries:
            return True
        if written.orders is not state.orders:
            return True
        if memory is written.memory:
            return False
        recovered = self._recovered(trade, state, written)
        # ATR and candle are those of the last candle, and a restarted bot reads that again.
        if recovered._replace(atr=memory.atr, candle=memory.candle) != memory:
            return True
        record.behind = (recovered.atr, recovered.candle) != (memory.atr, memory.candle)
        return False

    def _read_failed(self, error: SQLAlchemyError) -> None:
        """Note that the database cannot be read; its session is of use again once the failed transaction is ended."""
        self.health.reads_failed = self.durable
        if self.durable:
            self.errors.database_failed(error)
            end_transaction(_CustomData.session)

    def new_loop(self) -> None:
        """Begin a loop: write what earlier loops have left or could not write, and say if that works again."""
        self.health.new_loop()
        self._write_what_waits()
        if self.errors.database_down and not (self.health.reads_failed or self.health.writes_failed):
            error = answers(_CustomData.session)
            self.errors.database_works() if error is None else self._read_failed(error)

    def _write_what_waits(self) -> None:
        """Write what earlier loops have left or could not write. States of closed trades are dropped."""
        waiting = {trade_id: record for trade_id, record in self.open_trades if record.unsaved or record.behind}
        if not waiting:
            return
        try:
            trades = Trade.get_trades_proxy(is_open=True)
        except SQLAlchemyError as error:
            self._read_failed(error)
            self.health.writes_failed = True
            return
        alive = {trade.id: trade for trade in trades}
        for trade_id, record in list(waiting.items()):
            state, trade = record.state, alive.get(trade_id)
            if state is None or trade is None or not belongs_to(state, trade):
                record.unsaved = record.behind = False
                del waiting[trade_id]
        self._write_together({trade_id: record for trade_id, record in waiting.items() if not record.unsaved})
        for trade_id, record in sorted(waiting.items()):
            if record.unsaved and record.state is not None:
                self._write(trade_id, record.state.pair or "", record, record.state)

    def _write_together(self, records: dict[int, LiveTrade]) -> None:
        """Write states of which the database has older ones, in one transaction; those that fail are written alone."""
        for record in records.values():
            record.unsaved = True
        states = {trade_id: record.state for trade_id, record in records.items() if record.state is not None}
        try:
            found = rewrite(states, self.key) if states and CustomDataWrapper.use_db else ()
        except SQLAlchemyError:
            logger.exception("robustop: the states of %d trades were not written together", len(states))
            _CustomData.session.rollback()
            return
        for trade_id in found:
            records[trade_id].note_written()

    def _write(self, trade_id: int, pair: str, record: LiveTrade, state: TradeState) -> None:
        record.unsaved = True
        if self.health.writes_failed:
            return
        try:
            if self.durable or CustomDataWrapper.use_db:
                CustomDataWrapper.set_custom_data(trade_id=trade_id, key=self.key, value=to_dict(state))
            else:
                keep_in_backtest(trade_id, self.key, state)
        except Exception as error:
            # Whatever the database answers, Freqtrade must still get the decided stop.
            logger.exception("robustop: the state of trade %s was not written; the next loop tries again", trade_id)
            # An integrity error concerns one trade only; other errors mean that the database is unavailable.
            silent = isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError)
            self.health.writes_failed = self.durable and silent
            if self.health.writes_failed:
                self.errors.database_failed(error)
            else:
                self.errors.report_error(pair, f"the state was not written: {error!r}")
            if CustomDataWrapper.use_db:
                _CustomData.session.rollback()
        else:
            record.note_written()

    def forget(self, trade_id: int) -> None:
        """Forget a trade. In a backtest its custom data is deleted too, because each access scans all of it."""
        self.open_trades.forget(trade_id)
        if not self.durable:
            delete(trade_id, self.key)

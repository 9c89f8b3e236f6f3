"""Stores the state of each trade: in its record in memory, and under one custom-data key in the trade database."""

import logging

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from robustop_plugin.bridge.facts.identity import belongs_to
from robustop_plugin.bridge.state.database_health import DatabaseHealth, DatabaseSilent
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.errors import UnknownSchema
from robustop_plugin.core.trade_state import TradeState, from_dict, to_dict

logger = logging.getLogger(__name__)

KEY = "robustop"
"""The custom-data key. No underscores and percent signs: Freqtrade finds keys with ILIKE, where both are wildcards."""


class Store:
    """The states of the open trades, in memory and in the trade database.

    A bot writes every change at once, because the process may die at any time. A backtest never resumes, and each
    access scans its custom data, which is one list, so a backtest writes only events, such as a moved stop.

    Attributes:
        errors: Reports writes that fail.
        health: Condition of the trade database in this loop.
        durable: True if every change is written, as in a bot.
        open_trades: The records that hold the states.
    """

    def __init__(
        self,
        errors: ErrorReporter,
        health: DatabaseHealth | None = None,
        open_trades: OpenTrades | None = None,
        *,
        durable: bool,
    ) -> None:
        """Start with nothing in memory."""
        self.errors = errors
        self.health = health or DatabaseHealth()
        self.durable = durable
        self.open_trades = open_trades or OpenTrades()

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
        return state

    def is_in_memory(self, trade: Trade) -> bool:
        """Return True if this process holds a state under the trade's number."""
        return self.open_trades.of(trade).state is not None

    def _read(self, trade: Trade, record: LiveTrade) -> TradeState | None:
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
            if not record.untouchable:
                logger.error("robustop: trade %s of %s is left alone: %s", trade.id, trade.pair, error)
            record.untouchable = True
        except (TypeError, ValueError) as error:
            # Not a state, or a damaged one. It is deleted, as Freqtrade cannot overwrite a value of another type.
            logger.error("robustop: trade %s of %s is adopted anew: %s", trade.id, trade.pair, error)
            _delete(trade.id)
            record.lost = True
        except SQLAlchemyError:
            self.health.reads_failed = self.durable
            raise
        return None

    def put(self, trade: Trade, state: TradeState, *, event: bool) -> None:
        """Keep a state. If the database refuses it, the next loop writes it again."""
        record = self.open_trades.of(trade)
        record.state, record.open_date = state, trade.open_date
        if event or self.durable or record.unsaved:
            self._write(trade.id, trade.pair, record, state)

    def new_loop(self) -> None:
        """Begin a loop: write states that earlier loops could not write. Those of closed trades are dropped."""
        self.health.new_loop()
        unsaved = {trade_id: record for trade_id, record in self.open_trades if record.unsaved}
        if not unsaved:
            return
        try:
            trades = Trade.get_trades_proxy(is_open=True)
        except SQLAlchemyError:
            self.health.reads_failed = self.health.writes_failed = True
            return
        alive = {trade.id: trade for trade in trades}
        for trade_id, record in sorted(unsaved.items()):
            state, trade = record.state, alive.get(trade_id)
            if state is not None and trade is not None and belongs_to(state, trade):
                self._write(trade_id, state.pair or "", record, state)
            else:
                record.unsaved = False

    def _write(self, trade_id: int, pair: str, record: LiveTrade, state: TradeState) -> None:
        record.unsaved = True
        if self.health.writes_failed:
            return
        try:
            CustomDataWrapper.set_custom_data(trade_id=trade_id, key=KEY, value=to_dict(state))
        except Exception as error:
            # Whatever the database answers, Freqtrade must still get the decided stop.
            logger.exception("robustop: the state of trade %s was not written; the next loop tries again", trade_id)
            # An integrity error concerns one trade only; other errors mean that the database is unavailable.
            silent = isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError)
            self.health.writes_failed = self.durable and silent
            self.errors.report_error(pair, f"the state was not written: {error!r}")
            if CustomDataWrapper.use_db:
                _CustomData.session.rollback()
        else:
            record.unsaved = False

    def forget(self, trade_id: int) -> None:
        """Forget a trade. In a backtest its custom data is deleted too, because each access scans all of it."""
        self.open_trades.forget(trade_id)
        if not self.durable:
            _delete(trade_id)


def _delete(trade_id: int) -> None:
    """Delete only the state of a trade. Freqtrade before 2026.9 could only delete all custom data of a trade."""
    if CustomDataWrapper.use_db:
        found = _CustomData.ft_trade_id == trade_id, _CustomData.cd_key == KEY
        _CustomData.session.query(_CustomData).filter(*found).delete()
        _CustomData.session.commit()
        return
    CustomDataWrapper.custom_data = [
        entry for entry in CustomDataWrapper.custom_data if (entry.ft_trade_id, entry.cd_key) != (trade_id, KEY)
    ]

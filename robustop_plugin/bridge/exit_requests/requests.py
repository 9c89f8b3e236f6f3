"""Decides which exit is requested: by a person, the drawdown or the council. A new kind of request is added here.

Its flag gets a place in the order of `RequestedExits`, and `ExitRequests._first_request` finds out whether it is set.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.exit_requests.council import Councils
from robustop_plugin.bridge.exit_requests.sources import RequestSource
from robustop_plugin.bridge.exit_requests.trading_halt import ExitPacer, TradingHalt
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.database_health import DatabaseSilent
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.last_checks import RequestSnapshot
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)


class RequestedExits(NamedTuple):
    """Which exits are requested for one trade at one moment, in their order: the first is the reason of the exit.

    Attributes:
        kill: True if `robustop panic` closes every position.
        manual: True if a person closes this trade.
        drawdown: True if the portfolio has lost more than it may.
        council: True if a sell signal is active for the pair.
    """

    kill: bool = False
    manual: bool = False
    drawdown: bool = False
    council: bool = False

    @property
    def first(self) -> ExitReason | None:
        """The reason of the exit: the first of several requests; None if there is no request."""
        return next((reason for reason, requested in self.in_order() if requested), None)

    def in_order(self) -> Iterator[tuple[ExitReason, bool]]:
        """Yield each reason that can be requested, and True if it is requested; the first one wins."""
        yield ExitReason.EMERGENCY, self.kill
        yield ExitReason.MANUAL, self.manual
        yield ExitReason.MAX_DRAWDOWN, self.drawdown
        yield ExitReason.COUNCIL_SELL, self.council


WITHOUT_DECISION = (ExitReason.EMERGENCY, ExitReason.MANUAL, ExitReason.MAX_DRAWDOWN)
"""Requests of a person and of the portfolio: they are carried out even if no decision could be made."""


class ExitRequests:
    """Determines the requested exit of each trade, and refuses entries while trading is halted.

    Attributes:
        halt: Why trading is halted.
        idle: True if nothing can ever be requested, as in a backtest without a council and a drawdown limit.
    """

    def __init__(
        self,
        halt: TradingHalt,
        source: RequestSource,
        councils: Councils,
        open_trades: OpenTrades,
        errors: ErrorReporter,
        *,
        simulated: bool,
        on_exchange: bool = False,
    ) -> None:
        """Take the sources of requests.

        Args:
            halt: The trading halt, which `source` updates.
            source: Watches the portfolio, and in a bot the requests of persons.
            councils: Sell signals of pairs.
            open_trades: The records that hold the requests.
            errors: Reports errors that were survived.
            simulated: True in a backtest and in hyperopt.
            on_exchange: True if stops rest on the exchange, so that Freqtrade checks none.
        """
        self.halt = halt
        self.idle = source.idle and councils.silent
        self._source = source
        self._councils = councils
        self._open_trades = open_trades
        self._errors = errors
        self._simulated = simulated
        self._on_exchange = on_exchange
        self._pacer = ExitPacer()
        self._failure: str | None = None

    def refresh(self, trade: Trade, price: float, now: datetime) -> None:
        """Determine the request for a trade at this time, once for each time."""
        if self.idle:
            return
        self._start_new_run()
        record = self._open_trades.of(trade)
        if record.requests is None or record.requests.now != now:
            record.requests = RequestSnapshot(now, price, self._first_request(trade, record, price, now))

    def current(self, trade: Trade, state: TradeState, now: datetime) -> ExitReason | None:
        """Return the exit requested for this trade now. In a backtest, none applies on the entry candle."""
        if self.idle or (self._simulated and now.timestamp() <= state.position.opened_at):
            return None
        snapshot = self._open_trades.of(trade).requests
        return snapshot.requested if snapshot is not None and snapshot.now == now else None

    def fallback_exit(self, trade: Trade, now: datetime) -> ExitReason | None:
        """Return the exit of a trade for which nothing was decided now; None to keep the trade open.

        Nothing is decided after an error, or if a newer robustop wrote the state. Requests of a person and of the
        portfolio are carried out even then. If the stop is hit, the exit is left to Freqtrade, unless the stop rests on
        the exchange.
        """
        snapshot = self._open_trades.of(trade).requests
        if snapshot is None or not self.is_requested(trade, now):
            return None
        known = is_price(trade.stop_loss) and is_price(snapshot.price)
        hit = known and beyond(side_of(trade), snapshot.price, trade.stop_loss)
        if hit and not self._on_exchange:
            return None
        return snapshot.requested

    def is_requested(self, trade: Trade, now: datetime) -> bool:
        """Return True if a person or the portfolio requests an exit of a bot's trade at this time."""
        snapshot = self._open_trades.of(trade).requests
        if self._simulated or snapshot is None or snapshot.now != now:
            return False
        return snapshot.requested in WITHOUT_DECISION

    def is_halted(self, trade: Trade, now: datetime) -> bool:
        """Read the database and return True if every position has to be closed and entries are refused."""
        if not self.idle:
            self._survive(trade, self._source.poll, now)
        return self.halt.is_active

    def refuses(self, entry: ProposedEntry) -> str | None:
        """Return why an entry is refused; None if it is not. A database error propagates, which refuses it too."""
        if self.idle:
            return None
        self._start_new_run()
        self._source.poll(entry.now)
        return self.halt.refusal

    def new_loop(self) -> None:
        """Begin a loop of a bot."""
        self._source.new_loop()

    def _start_new_run(self) -> None:
        if self._source.start_new_run():
            self._councils.start_over()
            for _, record in self._open_trades:
                record.requests = None

    def _first_request(self, trade: Trade, record: LiveTrade, price: float, now: datetime) -> ExitReason | None:
        """Return the first requested exit, in the order of the decision step; None without one."""
        self._survive(trade, self._source.on_price, trade, price, now)
        council = self._survive(trade, self._councils.sell_requested, trade.pair, now)
        halt = self.halt
        if not halt.is_active:
            self._pacer.start_over()
        leaves = halt.is_active and (self._simulated or self._pacer.admit(record))
        return RequestedExits(
            kill=leaves and halt.panic is not None,
            manual=halt.asks_for(trade),
            drawdown=leaves and halt.drawdown is not None and not record.is_shadowed,
            council=bool(council),
        ).first

    def _survive(self, trade: Trade, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function and return its result; None if it fails. Earlier requests and the stop stay as they are."""
        try:
            return function(*args)
        except Exception as error:
            text = f"{function.__qualname__}: {error!r}"
            if text != self._failure:
                self._failure = text
                logger.exception(
                    "robustop: %s failed for %s; the stop in force stays", function.__qualname__, trade.pair
                )
            if isinstance(error, SQLAlchemyError | DatabaseSilent):
                self._errors.database_failed(error)
            else:
                self._errors.report_error(trade.pair, text)
            return None

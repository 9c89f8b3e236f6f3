"""The sources of a trading halt: the portfolio's drawdown, and in a bot also `robustop panic`."""

import logging
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from freqtrade.persistence import LocalTrade, Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.adjustments import Adjustments
from robustop_plugin.audit.requests import DRAWDOWN, Requests, Standing
from robustop_plugin.bridge.exit_requests.asked_stops import AskedStops
from robustop_plugin.bridge.exit_requests.drawdown import PortfolioDrawdown
from robustop_plugin.bridge.exit_requests.trading_halt import TradingHalt
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.database_health import DatabaseHealth, DatabaseSilent
from robustop_plugin.bridge.state.error_log import ErrorReporter

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_POLLS = 2.0


class RequestSource(Protocol):
    """Updates the trading halt.

    Attributes:
        idle: True if trading is never halted.
    """

    idle: bool

    def on_price(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position."""

    def poll(self, now: datetime) -> None:
        """Update the halt at once, as before an entry."""

    def start_new_run(self) -> bool:
        """Reset if a new backtest has begun; return True then."""

    def new_loop(self) -> None:
        """Begin a loop of a bot."""


class BacktestRequests:
    """Halts a backtest from the time when the drawdown limit is reached until the end of the run."""

    def __init__(self, halt: TradingHalt, portfolio: PortfolioDrawdown | None) -> None:
        """Take the halt, and the portfolio if there is a drawdown limit."""
        self._halt = halt
        self._portfolio = portfolio
        self._run: object = None
        self.idle = portfolio is None

    def start_new_run(self) -> bool:
        """Reset if a new backtest has begun; return True then. Hyperopt runs many with one strategy.

        Freqtrade creates a new list of open trades for each backtest.
        """
        if self._run is LocalTrade.bt_trades_open:
            return False
        self._run = LocalTrade.bt_trades_open
        self._halt.drawdown = None
        if self._portfolio is not None:
            self._portfolio.start_over()
        return True

    def on_price(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position."""
        if self._portfolio is not None and self._halt.drawdown is None:
            self._halt.drawdown = self._portfolio.on_backtest_price(trade, price, now)

    def poll(self, now: datetime) -> None:  # noqa: ARG002 (needed by a bot)
        """Check the drawdown again, including trades that have closed since the last price."""
        if self._portfolio is not None and self._halt.drawdown is None:
            self._halt.drawdown = self._portfolio.check()

    def new_loop(self) -> None:
        """Do nothing: nobody asks a backtest for anything."""


class LiveRequests:
    """Halts a bot: the requests of persons and the drawdown are kept in the trade database and survive restarts.

    The stops that persons ask for are read with them.
    """

    def __init__(
        self,
        halt: TradingHalt,
        portfolio: PortfolioDrawdown | None,
        errors: ErrorReporter,
        health: DatabaseHealth,
        asked: AskedStops,
    ) -> None:
        """Take what is halted and asked for.

        Args:
            halt: The trading halt.
            portfolio: The portfolio; None without a drawdown limit.
            errors: Reports errors that were survived.
            health: The condition of the trade database.
            asked: Takes the stops that persons ask for.
        """
        self._asked = asked
        self._halt = halt
        self._portfolio = portfolio
        self._errors = errors
        self._health = health
        self.idle = False
        self._table: Adjustments | None = None
        self._standing: Standing | None = None
        self._polled = 0.0
        self._stored_peak: float | None = None
        self._drawdown: str | None = None
        self._announced: str | None = None

    def start_new_run(self) -> bool:
        """Return False: a bot process is a single run."""
        return False

    def on_price(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position, and poll the database if the last poll is old enough."""
        if self._portfolio is not None:
            self._portfolio.on_price(trade, price)
        if not (self._health.reads_failed or 0 <= now.timestamp() - self._polled < SECONDS_BETWEEN_POLLS):
            self.poll(now)
        if self._asked.pending:
            self._asked.take(trade, price, now)

    def new_loop(self) -> None:
        """Begin a loop: write the outcomes of the stops that were asked for."""
        self._asked.new_loop()

    def poll(self, now: datetime) -> None:
        """Read the requests from the database, check the drawdown, and write it to the database.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database failed; the known requests stay.
            DatabaseSilent: The database has failed earlier in this loop, and the next loop tries again.
        """
        if self._health.reads_failed:
            raise DatabaseSilent
        self._polled = now.timestamp()
        try:
            table = self._open_table()
            standing, asked = (Standing(), ()) if table is None else table.poll()
            if table is not None:
                self._asked.read(table, asked)
            requests = None if table is None else table.requests
            # Requests come first, so that they hold whatever fails afterwards.
            self._apply(standing, requests)
        except SQLAlchemyError:
            self._health.reads_failed = True
            raise
        if self._portfolio is not None and self._halt.drawdown is None:
            self._drawdown = self._portfolio.check()
            self._set_drawdown(self._drawdown)
        if requests is not None and not self._health.writes_failed:
            try:
                self._write(requests, standing, now.timestamp())
            except SQLAlchemyError:
                self._health.writes_failed = True
                raise

    def _open_table(self) -> Adjustments | None:
        """Return the tables of requests; None if the trade database is in memory, which no other process can reach."""
        engine: sa.Engine = Trade.session.get_bind()
        self._halt.numbers_return = engine.url.get_backend_name() == "sqlite"
        if engine.url.get_backend_name() == "sqlite" and engine.url.database in (None, "", ":memory:"):
            return None
        if self._table is None or self._table.requests.engine is not engine:
            self._table = Adjustments(Requests(engine))
        return self._table

    def _apply(self, standing: Standing, requests: Requests | None) -> None:
        """Apply the requests that stand in the database."""
        halt, resumed = self._halt, self._standing is None or self._standing.resumed != standing.resumed
        if standing.panic is not None and halt.panic is None:
            text = f"panic ({standing.panic}): every position is closed"
            self._announce(Message(text, f"panic {standing.resumed} {standing.panic}"), "emergency")
        if resumed:
            self._drawdown = None
            if halt.is_active and standing.panic is None and standing.drawdown is None:
                self._announce("resumed: entries are made again", "emergency")
        halt.panic, halt.exits = standing.panic, dict(standing.exits)
        self._set_drawdown(standing.drawdown or self._drawdown)
        if resumed and requests is not None and self._portfolio is not None:
            # After a resume, the drawdown is measured from the equity at that time.
            self._portfolio.peak = self._stored_peak = requests.peak(standing.resumed)
        self._standing = standing

    def _set_drawdown(self, drawdown: str | None) -> None:
        """Set the drawdown of the halt, and announce it once."""
        self._halt.drawdown = drawdown
        if drawdown is not None and drawdown != self._announced:
            self._announced = drawdown
            resumed = 0 if self._standing is None else self._standing.resumed
            self._announce(
                Message(f"drawdown ({drawdown}): every position is closed", f"drawdown {resumed}"), "drawdown"
            )

    def _announce(self, text: str, event: str) -> None:
        logger.warning("robustop: %s", text)
        self._errors.notify(text, event)

    def _write(self, requests: Requests, standing: Standing, now: float) -> None:
        """Write what has to survive a restart. The next poll writes again what fails now."""
        if self._drawdown is not None and standing.drawdown is None:
            requests.ask(DRAWDOWN, now, self._drawdown)
        peak = None if self._portfolio is None else self._portfolio.peak
        if peak is not None and peak != self._stored_peak:
            requests.keep_peak(standing.resumed, peak)
            self._stored_peak = peak
        if standing.exits:
            trades = Trade.get_trades_proxy(is_open=True)
            settled = set(standing.exits) - {
                trade.id for trade in trades if trade.is_open and self._halt.asks_for(trade)
            }
            if settled:
                requests.settle(settled, now)
                self._halt.exits = {key: asked for key, asked in standing.exits.items() if key not in settled}

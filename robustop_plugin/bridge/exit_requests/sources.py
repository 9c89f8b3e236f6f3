"""What halts trading: portfolio drawdown, and in a bot also `robustop panic`."""

import logging
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from freqtrade.persistence import LocalTrade, Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.requests import DRAWDOWN, Requests, Standing
from robustop_plugin.bridge.exit_requests.drawdown import PortfolioDrawdown
from robustop_plugin.bridge.exit_requests.trading_halt import TradingHalt
from robustop_plugin.bridge.state.database_health import DatabaseHealth, DatabaseSilent
from robustop_plugin.bridge.state.error_log import ErrorReporter

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_POLLS = 2.0


class RequestSource(Protocol):
    """Keeps a trading halt up to date.

    Attributes:
        idle: True if trading is never halted.
    """

    idle: bool

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take a look at a position."""

    def entry(self, now: datetime) -> None:
        """Take stock before an entry."""

    def start_new_run(self) -> bool:
        """Start over if a new backtest has begun; return True then."""


class BacktestRequests:
    """A backtest: trading is halted from the fall of the portfolio to the end of the run."""

    def __init__(self, halt: TradingHalt, portfolio: PortfolioDrawdown | None) -> None:
        """Take the halt and, where a drawdown is limited, the portfolio."""
        self._halt = halt
        self._portfolio = portfolio
        self._run: object = None
        self.idle = portfolio is None

    def start_new_run(self) -> bool:
        """Start over if a new backtest has begun; return True then. Hyperopt runs many with one strategy.

        Freqtrade makes a new list of open trades for each.
        """
        if self._run is LocalTrade.bt_trades_open:
            return False
        self._run = LocalTrade.bt_trades_open
        self._halt.drawdown = None
        if self._portfolio is not None:
            self._portfolio.start_over()
        return True

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position."""
        if self._portfolio is not None and self._halt.drawdown is None:
            self._halt.drawdown = self._portfolio.on_backtest_price(trade, price, now)

    def entry(self, now: datetime) -> None:  # noqa: ARG002 (a backtest knows no other moment)
        """Check the drawdown with what has closed since the last look."""
        if self._portfolio is not None and self._halt.drawdown is None:
            self._halt.drawdown = self._portfolio.check()


class LiveRequests:
    """A bot: requests of persons and the state of the portfolio are in the trade database, and survive the bot."""

    def __init__(
        self, halt: TradingHalt, portfolio: PortfolioDrawdown | None, alarm: ErrorReporter, health: DatabaseHealth
    ) -> None:
        """Take the halt, the portfolio where a drawdown is limited, the reporter, and the database's health."""
        self._halt = halt
        self._portfolio = portfolio
        self._alarm = alarm
        self._health = health
        self.idle = False
        self._requests: Requests | None = None
        self._standing: Standing | None = None
        self._polled = 0.0
        self._kept_peak: float | None = None
        self._fallen: str | None = None
        self._announced: str | None = None

    def start_new_run(self) -> bool:
        """Return False: a bot process is a single run."""
        return False

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position, and ask the database now and then."""
        if self._portfolio is not None:
            self._portfolio.on_price(trade, price)
        if not (self._health.reads_failed or 0 <= now.timestamp() - self._polled < SECONDS_BETWEEN_POLLS):
            self.entry(now)

    def entry(self, now: datetime) -> None:
        """Ask the database at once.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: it cannot be asked; what was known stands.
            DatabaseSilent: it has failed in this loop, and is not asked again before the next.
        """
        if self._health.reads_failed:
            raise DatabaseSilent
        self._polled = now.timestamp()
        try:
            requests = self._open_requests()
            standing = Standing() if requests is None else requests.standing()
            # First of all what was requested: it stands, whatever fails from here on.
            self._take(standing, requests)
        except SQLAlchemyError:
            self._health.reads_failed = True
            raise
        if self._portfolio is not None and self._halt.drawdown is None:
            self._fallen = self._portfolio.check()
            self._fall(self._fallen)
        if requests is not None and not self._health.writes_failed:
            try:
                self._write(requests, standing, now.timestamp())
            except SQLAlchemyError:
                self._health.writes_failed = True
                raise

    def _open_requests(self) -> Requests | None:
        """Return the table in the trade database; None where that is in memory, which no other process can reach."""
        engine: sa.Engine = Trade.session.get_bind()
        self._halt.numbers_return = engine.url.get_backend_name() == "sqlite"
        if engine.url.get_backend_name() == "sqlite" and engine.url.database in (None, "", ":memory:"):
            return None
        if self._requests is None or self._requests.engine is not engine:
            self._requests = Requests(engine)
        return self._requests

    def _take(self, standing: Standing, requests: Requests | None) -> None:
        """Take over what stands in the database."""
        halt, resumed = self._halt, self._standing is None or self._standing.resumed != standing.resumed
        if standing.panic is not None and halt.panic is None:
            self._announce(f"panic ({standing.panic}): every position is closed")
        if resumed:
            self._fallen = None
            if halt.is_active and standing.panic is None and standing.drawdown is None:
                self._announce("resumed: entries are made again")
        halt.panic, halt.exits = standing.panic, dict(standing.exits)
        self._fall(standing.drawdown or self._fallen)
        if resumed and requests is not None and self._portfolio is not None:
            # After a resume the portfolio is measured from where it was then.
            self._portfolio.peak = self._kept_peak = requests.peak(standing.resumed)
        self._standing = standing

    def _fall(self, fallen: str | None) -> None:
        """Take over how far the portfolio has fallen, and announce it once."""
        self._halt.drawdown = fallen
        if fallen is not None and fallen != self._announced:
            self._announced = fallen
            self._announce(f"drawdown ({fallen}): every position is closed")

    def _announce(self, text: str) -> None:
        logger.warning("robustop: %s", text)
        self._alarm.notify(text)

    def _write(self, requests: Requests, standing: Standing, now: float) -> None:
        """Keep what is to outlive the bot; what fails is tried again with the next poll."""
        if self._fallen is not None and standing.drawdown is None:
            requests.ask(DRAWDOWN, now, self._fallen)
        peak = None if self._portfolio is None else self._portfolio.peak
        if peak is not None and peak != self._kept_peak:
            requests.keep_peak(standing.resumed, peak)
            self._kept_peak = peak
        if standing.exits:
            trades = Trade.get_trades_proxy(is_open=True)
            gone = set(standing.exits) - {trade.id for trade in trades if trade.is_open and self._halt.asks_for(trade)}
            if gone:
                requests.settle(gone, now)
                self._halt.exits = {key: asked for key, asked in standing.exits.items() if key not in gone}

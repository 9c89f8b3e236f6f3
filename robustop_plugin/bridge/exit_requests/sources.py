"""What brings the latch down: a backtest watches its own portfolio, a bot also what persons ask for."""

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
    """Keeps a latch up to date.

    Attributes:
        idle: the latch never falls.
    """

    idle: bool

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take a look at a position."""

    def entry(self, now: datetime) -> None:
        """Take stock before an entry."""

    def is_new_run(self) -> bool:
        """Return whether a new backtest has begun, to which nothing of the one before belongs."""

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""


class BacktestRequests:
    """A backtest: the latch is down from the fall of the portfolio to the end of the run."""

    def __init__(self, latch: TradingHalt, portfolio: PortfolioDrawdown | None) -> None:
        """Take the latch and, where a fall is limited, the portfolio."""
        self._latch = latch
        self._portfolio = portfolio
        self._run: object = None
        self.idle = portfolio is None

    def is_new_run(self) -> bool:
        """Return whether a new backtest has begun; hyperopt runs many with one strategy.

        The host makes a new list of open trades for each.
        """
        if self._run is LocalTrade.bt_trades_open:
            return False
        self._run = LocalTrade.bt_trades_open
        self._latch.drawdown = None
        if self._portfolio is not None:
            self._portfolio.start_over()
        return True

    def forget(self, trade_id: int) -> None:
        """Keep nothing: the portfolio of a backtest starts over with each run."""

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position."""
        if self._portfolio is not None and self._latch.drawdown is None:
            self._latch.drawdown = self._portfolio.on_backtest_price(trade, price, now)

    def entry(self, now: datetime) -> None:  # noqa: ARG002 (a backtest knows no other moment)
        """Judge what closed since the last look."""
        if self._portfolio is not None and self._latch.drawdown is None:
            self._latch.drawdown = self._portfolio.check()


class LiveRequests:
    """A bot: what persons ask for and what the portfolio did is in the trade database, and survives the bot."""

    def __init__(
        self, latch: TradingHalt, portfolio: PortfolioDrawdown | None, alarm: ErrorReporter, health: DatabaseHealth
    ) -> None:
        """Take the latch, the portfolio where a fall is limited, who is told of a fall, and the database's health."""
        self._latch = latch
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

    def is_new_run(self) -> bool:
        """Return False: a bot has one life."""
        return False

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Take the price of a position, and ask the database now and then."""
        if self._portfolio is not None:
            self._portfolio.on_price(trade, price)
        if not (self._health.reads_failed or 0 <= now.timestamp() - self._polled < SECONDS_BETWEEN_POLLS):
            self.entry(now)

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        if self._portfolio is not None:
            self._portfolio.forget(trade_id)

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
            # First of all what was asked for: whatever fails from here on, it stands.
            self._take(standing, requests)
        except SQLAlchemyError:
            self._health.reads_failed = True
            raise
        if self._portfolio is not None and self._latch.drawdown is None:
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
        self._latch.numbers_return = engine.url.get_backend_name() == "sqlite"
        if engine.url.get_backend_name() == "sqlite" and engine.url.database in (None, "", ":memory:"):
            return None
        if self._requests is None or self._requests.engine is not engine:
            self._requests = Requests(engine)
        return self._requests

    def _take(self, standing: Standing, requests: Requests | None) -> None:
        """Take over what stands in the database."""
        latch, news = self._latch, self._standing is None or self._standing.resumed != standing.resumed
        if standing.panic is not None and latch.panic is None:
            self._announce(f"panic ({standing.panic}): every position is closed")
        if news:
            self._fallen = None
            if latch.has_fallen and standing.panic is None and standing.drawdown is None:
                self._announce("resumed: entries are made again")
        latch.panic, latch.exits = standing.panic, dict(standing.exits)
        self._fall(standing.drawdown or self._fallen)
        if news and requests is not None and self._portfolio is not None:
            # After a resume the portfolio is measured from where it was then.
            self._portfolio.peak = self._kept_peak = requests.peak(standing.resumed)
        self._standing = standing

    def _fall(self, fallen: str | None) -> None:
        """Take over how far the portfolio has fallen."""
        self._latch.drawdown = fallen
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
            gone = set(standing.exits) - {one.id for one in trades if one.is_open and self._latch.asks_for(one)}
            if gone:
                requests.settle(gone, now)
                self._latch.exits = {key: asked for key, asked in standing.exits.items() if key not in gone}

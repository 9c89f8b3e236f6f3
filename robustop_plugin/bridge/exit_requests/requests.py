"""Exits requested from outside the engines: by a person, by the portfolio's drawdown, by the council.

A new kind of request is added to `RequestedExits`, at its place in the order, and found in
`ExitRequests._first_request`.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.exit_requests.council import Councils
from robustop_plugin.bridge.exit_requests.sources import RequestSource
from robustop_plugin.bridge.exit_requests.trading_halt import ExitPacer, TradingHalt
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.live_trade import LiveTrade, RequestSnapshot
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


WHATEVER_HAPPENS = (ExitReason.EMERGENCY, ExitReason.MANUAL, ExitReason.MAX_DRAWDOWN)
"""Requests of a person and of the portfolio: they are carried out even where nothing could be decided."""


class ExitRequests:
    """Knows at each moment which exit is requested for a trade, and refuses entries while trading is halted.

    Attributes:
        halt: Why trading is halted.
        idle: True if nothing can ever be requested: in a backtest without a council and a drawdown limit.
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
    ) -> None:
        """Take where requests come from.

        Args:
            halt: Kept up to date by `source`.
            source: The portfolio, and in a bot the requests of persons.
            councils: Sell signals of pairs.
            open_trades: Whose records hold what is requested.
            errors: Reports errors that were survived.
            simulated: True in a backtest and in hyperopt.
        """
        self.halt = halt
        self.idle = source.idle and councils.silent
        self._source = source
        self._councils = councils
        self._open_trades = open_trades
        self._errors = errors
        self._simulated = simulated
        self._pacer = ExitPacer()
        self._failure: str | None = None

    def refresh(self, trade: Trade, price: float, now: datetime) -> None:
        """Find out what is requested for a trade at this moment, once for each moment."""
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
        """Return why a bot leaves a trade for which nothing was decided at this moment; None if it stays.

        That is the case after an error, or if a newer robustop wrote the state. A person who wants out gets out all the
        same, and so does the portfolio; a stop that is hit is left to Freqtrade.
        """
        snapshot = self._open_trades.of(trade).requests
        if snapshot is None or not self.is_requested(trade, now):
            return None
        if is_price(trade.stop_loss) and beyond(side_of(trade), snapshot.price, trade.stop_loss):
            return None
        return snapshot.requested

    def is_requested(self, trade: Trade, now: datetime) -> bool:
        """Return True if a person or the portfolio wants a bot out of a trade at this very look."""
        snapshot = self._open_trades.of(trade).requests
        if self._simulated or snapshot is None or snapshot.now != now:
            return False
        return snapshot.requested in WHATEVER_HAPPENS

    def is_halted(self, trade: Trade, now: datetime) -> bool:
        """Return True if every position is to be closed and no entry to be made, as the database says now."""
        if not self.idle:
            self._survive(trade, self._source.entry, now)
        return self.halt.is_active

    def refuses(self, entry: ProposedEntry) -> str | None:
        """Return why an entry is refused; None if it is not. A database that cannot be asked is a refusal too."""
        if self.idle:
            return None
        self._start_new_run()
        self._source.entry(entry.now)
        return self.halt.refusal

    def _start_new_run(self) -> None:
        if self._source.start_new_run():
            self._councils.start_over()
            for _, record in self._open_trades:
                record.requests = None

    def _first_request(self, trade: Trade, record: LiveTrade, price: float, now: datetime) -> ExitReason | None:
        """Return the first exit in the order of the step that is requested; None if none is."""
        self._survive(trade, self._source.look, trade, price, now)
        council = self._survive(trade, self._councils.sell_requested, trade.pair, now)
        halt = self.halt
        if not halt.is_active:
            self._pacer.start_over()
        leaves = halt.is_active and (self._simulated or self._pacer.admit(record))
        return RequestedExits(
            kill=leaves and halt.panic is not None,
            manual=halt.asks_for(trade),
            drawdown=leaves and halt.drawdown is not None,
            council=bool(council),
        ).first

    def _survive(self, trade: Trade, ask: Callable[..., Any], *args: Any) -> Any:
        """Return what `ask` returns, None if it fails: what was known stands, and so does the stop."""
        try:
            return ask(*args)
        except Exception as error:
            text = f"{ask.__qualname__}: {error!r}"
            if text != self._failure:
                self._failure = text
                logger.exception("robustop: %s failed for %s; the stop in force stays", ask.__qualname__, trade.pair)
            self._errors.report_error(trade.pair, text)
            return None

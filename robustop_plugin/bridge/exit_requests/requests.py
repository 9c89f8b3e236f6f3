"""Exits that are asked for from outside the engines: by a person, by the portfolio's drawdown, by the council."""

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
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)


class RequestedExits(NamedTuple):
    """Which exits are requested for one trade at one moment, in their order: the first is the reason of the exit.

    Attributes:
        kill: `robustop panic` closes every position.
        manual: a person closes this trade.
        drawdown: the portfolio has lost more than it may.
        council: a sell signal is active for the pair.
    """

    kill: bool = False
    manual: bool = False
    drawdown: bool = False
    council: bool = False

    @property
    def first(self) -> ExitReason | None:
        """The reason of the exit: of several requests at once the first; None if there is no request."""
        return next((reason for reason, requested in self.in_order() if requested), None)

    def in_order(self) -> Iterator[tuple[ExitReason, bool]]:
        """Yield each reason that can be requested, and True if it is requested now; the first one wins."""
        yield ExitReason.EMERGENCY, self.kill
        yield ExitReason.MANUAL, self.manual
        yield ExitReason.MAX_DRAWDOWN, self.drawdown
        yield ExitReason.COUNCIL_SELL, self.council


NOTHING_REQUESTED = RequestedExits()


class Snapshot(NamedTuple):
    """One look at a trade.

    Attributes:
        now: when.
        price: that the host looked at.
        asked: at that moment.
    """

    now: datetime
    price: float
    asked: RequestedExits


class ExitRequests:
    """Knows at each moment which exits are asked for, and refuses entries while the latch is down.

    Attributes:
        latch: why the bot does not trade on.
        idle: nothing can be asked for, ever: a backtest without a council and a limit.
    """

    def __init__(
        self, latch: TradingHalt, watch: RequestSource, councils: Councils, alarm: ErrorReporter, *, simulated: bool
    ) -> None:
        """Take who keeps the latch and who speaks of pairs.

        Args:
            latch: up, or down.
            watch: keeps it up to date.
            councils: of the pairs.
            alarm: for errors that are survived.
            simulated: a backtest or hyperopt.
        """
        self.latch = latch
        self.idle = watch.idle and councils.silent
        self._watch = watch
        self._councils = councils
        self._alarm = alarm
        self._simulated = simulated
        self._pace = ExitPacer()
        self._looks: dict[int, Snapshot] = {}
        self._failure: str | None = None

    def look(self, trade: Trade, price: float, now: datetime) -> bool:
        """Take a look at a trade before anything is decided; return whether its exit is asked for."""
        if self.idle:
            return False
        self._notice_new_run()
        known = self._looks.get(trade.id)
        if known is None or known.now != now:
            known = self._looks[trade.id] = Snapshot(now, price, self._asked(trade, price, now))
        return any(known.asked)

    def current(self, trade: Trade, state: TradeState, price: float, now: datetime) -> RequestedExits:
        """Return what is asked for a trade at this moment; in a backtest not before the fill's candle is over."""
        if not self.look(trade, price, now) or (self._simulated and now.timestamp() <= state.position.opened_at):
            return NOTHING_REQUESTED
        return self._looks[trade.id].asked

    def fallback_exit(self, trade: Trade, now: datetime) -> ExitReason | None:
        """Return why a bot leaves a trade of which nothing was decided at this moment; None where it stays.

        That is so where an error came in between, or where the state is a newer robustop's. A person who wants out
        gets out all the same, and so does the portfolio; a stop that is hit is the host's.
        """
        if not self.is_requested(trade, now):
            return None
        look = self._looks[trade.id]
        if is_price(trade.stop_loss) and beyond(side_of(trade), look.price, trade.stop_loss):
            return None
        return look.asked.first

    def is_requested(self, trade: Trade, now: datetime) -> bool:
        """Return True if a person or the portfolio wants a bot out of a trade at this very look."""
        look = self._looks.get(trade.id)
        if self._simulated or look is None or look.now != now:
            return False
        return look.asked.kill or look.asked.manual or look.asked.drawdown

    def is_halted(self, trade: Trade, now: datetime) -> bool:
        """Return True if every position is to be closed and no entry to be made, as the database says now."""
        if not self.idle:
            self._survive(trade, self._watch.entry, now)
        return self.latch.has_fallen

    def refuses(self, entry: ProposedEntry) -> str | None:
        """Return why an entry is refused; None where it is not. A database that cannot be asked is a refusal too."""
        if self.idle:
            return None
        self._notice_new_run()
        self._watch.entry(entry.now)
        return self.latch.refusal

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        self._looks.pop(trade_id, None)
        self._pace.forget(trade_id)
        self._watch.forget(trade_id)

    def _notice_new_run(self) -> None:
        if self._watch.is_new_run():
            self._looks.clear()
            self._councils.start_over()

    def _asked(self, trade: Trade, price: float, now: datetime) -> RequestedExits:
        self._survive(trade, self._watch.look, trade, price, now)
        council = self._survive(trade, self._councils.sell_requested, trade.pair, now)
        halt = self.latch
        if not halt.has_fallen:
            self._pace.start_over()
        leaves = halt.has_fallen and (self._simulated or self._pace.lets_go(trade.id))
        return RequestedExits(
            kill=leaves and halt.panic is not None,
            manual=halt.asks_for(trade),
            drawdown=leaves and halt.drawdown is not None,
            council=bool(council),
        )

    def _survive(self, trade: Trade, ask: Callable[..., Any], *args: Any) -> Any:
        """Return what `ask` returns; None where it fails: what was known stands, and so does the stop."""
        try:
            return ask(*args)
        except Exception as error:
            text = f"{ask.__qualname__}: {error!r}"
            if text != self._failure:
                self._failure = text
                logger.exception("robustop: %s failed for %s; the stop in force stays", ask.__qualname__, trade.pair)
            self._alarm.report_error(trade.pair, text)
            return None

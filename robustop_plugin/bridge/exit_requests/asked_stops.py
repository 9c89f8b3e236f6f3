"""Takes the stops that persons ask for: each is applied to its trade once, as a level that the next decision desires.

The state of the trade says that a request was applied, and is written before the table says so. A bot that dies in
between finds the request in the state when it is started again, and only says so in the table. The table is written at
the beginning of a loop, when nothing of Freqtrade's holds a lock on the database.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.adjustments import Adjustment, Adjustments, Verdict
from robustop_plugin.bridge.facts.identity import TradeIdentity, belongs_to, identity_of
from robustop_plugin.bridge.messages.texts import which
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import KEY, Store
from robustop_plugin.core.asked_stop import (
    MANUAL,
    MOST_KEPT,
    AppliedRequest,
    find_applied,
    tightest,
    why_refused,
    with_asked_level,
)
from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.grid import round_towards_market, to_ticks
from robustop_plugin.core.trade_state import TradeState, from_dict

logger = logging.getLogger(__name__)

SHADOWED = "robustop only decides about this trade and moves no stop of it; `robustop panic --trade-id` closes it"
UNTOUCHABLE = "a newer robustop wrote the state of this trade, and this one leaves it alone; upgrade robustop"
WITHOUT_STOP = "no stop of robustop's is possible for this trade"
ANOTHER = "the number belongs to another trade now"
CLOSED = "the trade is not open any more"


class AskedStops:
    """The requests for stops of one bot's trades.

    Attributes:
        pending: Requests without an outcome, as they were last read.
    """

    def __init__(self, store: Store, recorder: Recorder, is_shadowed: Callable[[Trade], bool]) -> None:
        """Take the states, what records, and what says that robustop only decides about a trade."""
        self.pending: tuple[Adjustment, ...] = ()
        self._store = store
        self._recorder = recorder
        self._is_shadowed = is_shadowed
        self._table: Adjustments | None = None
        self._unwritten: list[Verdict] = []

    def read(self, table: Adjustments, found: tuple[Adjustment, ...]) -> None:
        """Take what was read from the table; what has an outcome that is not written yet is left out."""
        self._table = table
        decided = {verdict.number for verdict in self._unwritten}
        self.pending = tuple(request for request in found if request.number not in decided)

    def take(self, trade: Trade, price: float, now: datetime) -> None:
        """Apply or refuse the requests for a trade, before it is decided about."""
        for request in self.pending:
            if request.trade_id == trade.id:
                self._conclude(request, self._verdict(trade, request, price, now))

    def new_loop(self) -> None:
        """Begin a loop: refuse requests without an open trade, and write the outcomes."""
        if self.pending:
            self._refuse_gone(datetime.now(UTC).timestamp())
        if self._table is None or not self._unwritten or self._store.health.writes_failed:
            return
        try:
            self._table.settle(self._unwritten)
        except SQLAlchemyError as error:
            self._store.health.writes_failed = True
            self._store.errors.database_failed(error)
        else:
            self._unwritten.clear()
            self._release()

    def _release(self) -> None:
        """Forget in the states what the table knows by now; the next write of each state is without it."""
        waiting = {request.number for request in self.pending}
        for _, record in self._store.open_trades:
            if record.state is not None and record.state.applied:
                record.state.applied = tuple(one for one in record.state.applied if one.number in waiting)

    def _conclude(self, request: Adjustment, verdict: Verdict | None) -> None:
        """Keep the outcome of a request until it is written; None leaves the request for a later look."""
        if verdict is not None:
            self._unwritten.append(verdict)
            self.pending = tuple(other for other in self.pending if other.number != request.number)

    def _verdict(self, trade: Trade, request: Adjustment, price: float, now: datetime) -> Verdict | None:
        """Apply a request if that is possible, and return its outcome; None to try again at a later look."""
        record = self._store.open_trades.of(trade)
        refused = self._why_not_at_all(trade, record, request)
        state = None if refused else self._store.get(trade)
        if state is None:
            refused = refused or self._why_without_state(record)
            return self._refuse(trade, request, now, refused) if refused else None
        done = find_applied(state.applied, request.number, request.asked_at)
        if done is not None:
            # Until the state is written, a restart would have to apply the request again.
            return None if record.unsaved else _as_verdict(done)
        return self._apply(trade, record, state, request, price, now) if is_price(price) else None

    def _why_not_at_all(self, trade: Trade, record: LiveTrade, request: Adjustment) -> str | None:
        if not _is_for(request, trade):
            return ANOTHER
        return SHADOWED if record.state is None and self._is_shadowed(trade) else None

    @staticmethod
    def _why_without_state(record: LiveTrade) -> str | None:
        """Return why a trade has no state; None while its entry order rests."""
        if record.untouchable:
            return UNTOUCHABLE
        return WITHOUT_STOP if record.without_stop else None

    def _apply(
        self, trade: Trade, record: LiveTrade, state: TradeState, request: Adjustment, price: float, now: datetime
    ) -> Verdict | None:
        side, grid, old = request.side, state.position.geometry.grid, state.memory.stop
        stop = round_towards_market(side, to_ticks(request.stop, grid), grid)
        desired = None if state.memory.level is None else state.memory.level.price
        in_force = tightest(side, old, desired, trade.stop_loss)
        refused = why_refused(side, stop, in_force, price, may_close=request.may_close)
        if refused is not None:
            return self._refuse(trade, request, now, refused)
        level, moment = Level(stop, MANUAL, Rule(request.rule)), now.timestamp()
        applied = AppliedRequest(request.number, request.asked_at, moment, old, stop)
        state.memory = with_asked_level(state.memory, level)
        state.applied = (*state.applied, applied)[-MOST_KEPT:]
        why = f"request {request.number} by {request.asked_by}: {request.reason}"
        self._recorder.commit(trade, state, now, "adjusted", price=price, old_stop=old, level=level, reason=why)
        return None if record.unsaved else _as_verdict(applied)

    def _refuse(self, trade: Trade, request: Adjustment, now: datetime, why: str) -> Verdict:
        text = (
            f"{which(trade)}: the stop that {request.asked_by} asked for is refused (request {request.number}): {why}"
        )
        logger.warning("robustop: %s", text)
        self._recorder.errors.notify(text, "asked_stop", trade.pair)
        return Verdict(request.number, now.timestamp(), refused=why)

    def _refuse_gone(self, now: float) -> None:
        """Find an outcome for requests whose trades are not open."""
        trades = Trade.get_trades_proxy(is_open=True)
        for request in self.pending:
            if not any(_is_for(request, trade) for trade in trades):
                applied = self._applied_before_the_end(request)
                verdict = _as_verdict(applied) if applied else Verdict(request.number, now, refused=CLOSED)
                logger.info("robustop: request %s for trade %s: %s", *verdict[:1], request.trade_id, verdict.refused)
                self._conclude(request, verdict)

    @staticmethod
    def _applied_before_the_end(request: Adjustment) -> AppliedRequest | None:
        """Return what the state of a closed trade says about a request; None if it was not applied."""
        for trade in Trade.get_trades([Trade.id == request.trade_id]).all():
            data = trade.get_custom_data(KEY) if _is_for(request, trade) else None
            try:
                state = None if data is None else from_dict(data)
            except ValueError:
                continue
            if state is not None and belongs_to(state, trade):
                return find_applied(state.applied, request.number, request.asked_at)
        return None


def _is_for(request: Adjustment, trade: Trade) -> bool:
    """Return True if a request is for this trade, not for an earlier one with the same number."""
    wanted = TradeIdentity(request.opened_ms, request.pair, request.side)
    return bool(request.trade_id == trade.id and wanted == identity_of(trade))


def _as_verdict(applied: AppliedRequest) -> Verdict:
    return Verdict(applied.number, applied.applied_at, applied.old_stop, applied.new_stop)

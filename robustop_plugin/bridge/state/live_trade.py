"""The record of an open trade: everything that this process keeps about it, so that it is forgotten as a whole.

Values that only one part of the bridge reads are kept here as well, so that nothing is left behind when a trade is
closed, or when its number is given to another trade.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from robustop_plugin.bridge.facts.breakeven import Payments
from robustop_plugin.bridge.facts.identity import TradeIdentity
from robustop_plugin.bridge.facts.shadow_trade import ShadowTrade
from robustop_plugin.bridge.state.faults import Fault
from robustop_plugin.bridge.state.last_checks import BeyondStop, LookNoted, PriceSeen, RequestSnapshot, RestingPart
from robustop_plugin.core.engine import AtrChange, Engine
from robustop_plugin.core.exchange_orders import ExchangeOrders
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.trade_state import Entries, TradeState


class Bounds(NamedTuple):
    """How far the price can move before an engine can change its decision.

    Attributes:
        memory: The memory for which the bounds are valid.
        until: The best price up to which engines keep their levels.
        atr_changes: Changes of levels that follow the ATR, reached by the best price.
        deadline: When the time stop is due, in seconds since the epoch; infinite if never.
        payments: What the trade had paid when the bounds were computed; None if no engine depends on it.
        payers: The engines whose breakeven covers the real costs of the trade.
        at_closes: True if the levels move only when a candle closes.
        offered: True if one of them offers breakeven, which stays so while the bounds are valid; None until asked.
        arming: Changes of engines that offer nothing yet, reached by the price of a tick.
        arms_at: The price at which the first of them is reached with the ATR of the memory; None without them.
    """

    memory: Memory
    until: float
    atr_changes: tuple[AtrChange, ...]
    deadline: float
    payments: Payments | None = None
    payers: tuple[Engine, ...] = ()
    at_closes: bool = False
    offered: bool | None = None
    arming: tuple[AtrChange, ...] = ()
    arms_at: float | None = None


class Written(NamedTuple):
    """What the trade database holds of a state.

    Attributes:
        position: The position.
        memory: The memory.
        entries: What is known about the entries.
        orders: What is known about the orders on the exchange.
    """

    position: Position
    memory: Memory
    entries: Entries
    orders: ExchangeOrders


def written_form(state: TradeState) -> Written:
    """Return what the database holds once a state is written."""
    return Written(state.position, state.memory, state.entries, state.orders)


class PendingExit(NamedTuple):
    """A decided exit that Freqtrade has not asked for yet.

    Attributes:
        decided_at: The only time at which it counts.
        reason: Why the trade is closed.
    """

    decided_at: datetime
    reason: ExitReason


class DueExit(NamedTuple):
    """The exit that was due when a trade was last checked.

    Attributes:
        tag: The exit's reason, which is also the tag of its order.
        ours: True if robustop decided it, or if its stop is reached; False if only Freqtrade found its stop hit.
        patient: True if its order may rest for as long as `unfilledtimeout` lets the strategy's own exits rest.
    """

    tag: str
    ours: bool
    patient: bool


class TakeProfitPrice(NamedTuple):
    """The price at which Freqtrade takes profit.

    Attributes:
        position: The position for which the price was computed.
        atr: ATR at the first fill, in price; None if unknown.
        price: A quarter of a tick before the first price that takes profit; None if no engine takes profit.
    """

    position: Position
    atr: float | None
    price: float | None


class ExactBreakeven(NamedTuple):
    """The price at which a trade covers its real costs.

    Attributes:
        payments: What the trade had paid.
        slippage_percent: The expected slippage, in percent of the price.
        price: In price; None if no price covers the costs.
    """

    payments: Payments
    slippage_percent: float
    price: float | None


@dataclass(slots=True)
class LiveTrade:
    """Everything that is kept about one open trade.

    Attributes:
        identity: What identifies the trade beside its number; None in a backtest, where identities are not compared.
        met: The same as Freqtrade holds it: opening date, pair, and True for a short trade; None before it was read.
        state: Position and memory; None before the first fill, and until it has been read.
        open_date: Freqtrade's opening date when the state was last stored or read.
        written: What the database holds of the state; None if unknown.
        unsaved: True if the state still has to be written to the database.
        behind: True if what is written lacks the last candle's ATR, or that its close was used.
        untouchable: True if a newer robustop wrote the state, so that this one leaves the trade alone.
        lost: True if there was a state that could not be read.
        entering: True from the report of an entry fill until its initial stop is computed.
        without_stop: True if no stop is possible and this was reported.
        bounds: How far the price can move without a decision; None if every price needs one.
        pending_exit: A decided exit that Freqtrade has not asked for; None if there is none.
        due_exit: The exit that was due at the last check; None if none was.
        take_profit: The price at which Freqtrade takes profit; None until it is computed.
        breakeven: The price at which the trade covers its real costs; None until it is computed.
        last_recorded: The last audited partial exit that changed nothing, as action and tag; None if there is none.
        seen_orders: Identifiers of the filled exit orders that were processed; None before the first check.
        resting_part: A first entry that was filled in part and still rests; None if there is none.
        addition_refused_in: Opening time of the candle of the last refused addition, in seconds since the epoch; or 0.
        requests: The exit that was requested at the last check; None before the first check.
        price_seen: The last price, as the portfolio values it; None before the first check.
        host_stop: Freqtrade's stop after the last look, in price; None before the first look.
        given_ratio: The last ratio that Freqtrade was given for its stop; None since the start.
        own_ratio: The ratio that Freqtrade held before it was given robustop's; None if it was given none.
        pacer_round: Number of the last round in which the exit pacer admitted or held back the trade.
        beyond_stop: How long the price has been beyond the stop; None if it is not, and where the bot checks the stop.
        stop_refused: True if it was reported that the exchange refuses the stop order, until one rests.
        stop_missing: True if no stop order rested at the last look, until lost ones were searched.
        reported_stop: Identifier of a stop order that was reported as unknown; None without one.
        lost_addition: Identifier of an addition that was reported as lost; None without one.
        fees_tried_at: When fees were last taken off the amount again, in seconds of a steady clock.
        reported_amount: True if it was reported that the trade counts more coins than there are.
        leaving_in: Number of the trading halt in which the trade is being closed; 0 if it is not.
        faults: Failures in a row by the method that failed; None if none did since the start.
        is_shadowed: True if robustop only decides about the trade; None until that is known.
        stand_in: What robustop decides about instead of the trade; None without one.
        stand_in_written: What the database holds of the stand-in; None if unknown.
        look: What the last look saw, for the metrics; None without metrics, and before the first look.
    """

    identity: TradeIdentity | None = None
    met: tuple[datetime, str, bool] | None = None
    state: TradeState | None = None
    open_date: datetime | None = None
    written: Written | None = None
    unsaved: bool = False
    behind: bool = False
    untouchable: bool = False
    lost: bool = False
    entering: bool = False
    without_stop: bool = False
    bounds: Bounds | None = None
    pending_exit: PendingExit | None = None
    due_exit: DueExit | None = None
    take_profit: TakeProfitPrice | None = None
    breakeven: ExactBreakeven | None = None
    last_recorded: str | None = None
    seen_orders: set[str] | None = None
    resting_part: RestingPart | None = None
    addition_refused_in: float = 0.0
    requests: RequestSnapshot | None = None
    price_seen: PriceSeen | None = None
    host_stop: float | None = None
    given_ratio: float | None = None
    own_ratio: float | None = None
    beyond_stop: BeyondStop | None = None
    stop_refused: bool = False
    stop_missing: bool = False
    reported_stop: str | None = None
    lost_addition: str | None = None
    fees_tried_at: float = -math.inf
    reported_amount: bool = False
    pacer_round: int = 0
    leaving_in: int = 0
    faults: dict[str, Fault] | None = None
    is_shadowed: bool | None = None
    stand_in: ShadowTrade | None = None
    stand_in_written: dict[str, Any] | None = None
    look: LookNoted | None = None

    def note_written(self) -> None:
        """Note that the database holds the state as it is now."""
        self.unsaved = self.behind = False
        self.written = None if self.state is None else written_form(self.state)

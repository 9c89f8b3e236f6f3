"""The one record of an open trade: everything that this process keeps of it, in one place, forgotten as one.

A trade is its number, opening time, pair and side. Values that only one part of the bridge reads are kept here as well,
so that nothing is left behind when a trade is over, or when its number is given to another trade.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from robustop_plugin.bridge.facts.identity import TradeIdentity
from robustop_plugin.core.decision import ExitReason
from robustop_plugin.core.engine import AtrChange
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.trade_state import TradeState


class Bounds(NamedTuple):
    """How far the price can go before an engine can change its mind.

    Attributes:
        memory: The memory for which this holds.
        until: Price up to which engines keep their levels.
        atr_changes: The changes of engines that follow the ATR.
        deadline: When the time stop is due, in seconds since the epoch; infinite if never.
    """

    memory: Memory
    until: float
    atr_changes: tuple[AtrChange, ...]
    deadline: float


class PendingExit(NamedTuple):
    """An exit that was decided, and that Freqtrade has not asked for yet.

    Attributes:
        decided_at: The only moment at which it counts.
        reason: Why the trade is left.
    """

    decided_at: datetime
    reason: ExitReason


class DueExit(NamedTuple):
    """The exit by which a trade was to be left when it was last looked at.

    Attributes:
        tag: The exit's reason, which is also the tag of its order.
        ours: True if robustop decided it; False for a stop that Freqtrade found hit by itself.
        patient: True if its order may rest for as long as `unfilledtimeout` lets the strategy's own exits rest.
    """

    tag: str
    ours: bool
    patient: bool


class TakeProfitPrice(NamedTuple):
    """Where Freqtrade takes profit.

    Attributes:
        position: The position for which the price was computed.
        atr: ATR at its first fill, in price; None if unknown.
        price: A quarter of a tick before the first price that takes profit; None if no engine takes profit.
    """

    position: Position
    atr: float | None
    price: float | None


class RestingPart(NamedTuple):
    """A first entry that was filled in part and rests on.

    Attributes:
        order_id: Of its order.
        looks: How often it was looked at.
    """

    order_id: str
    looks: int


class RequestSnapshot(NamedTuple):
    """Which exit was requested for a trade at one moment.

    Attributes:
        now: The moment.
        price: The price that Freqtrade looked at.
        requested: The first request in the order of the step; None if there was none.
    """

    now: datetime
    price: float
    requested: ExitReason | None


class PriceSeen(NamedTuple):
    """The last price at which the portfolio counts a trade.

    Attributes:
        price: In price; None if the trade was looked at and had none.
        seen_at: When the trade was looked at; None in a bot, where only the last price matters.
    """

    price: float | None
    seen_at: datetime | None


@dataclass(slots=True)
class LiveTrade:
    """Everything that is kept of one open trade.

    Attributes:
        identity: Who the trade is, beside its number; None in a backtest, where numbers are not compared.
        state: Position and memory; None before the first fill, and while it has not been read.
        open_date: Freqtrade's opening date when the state was kept.
        unsaved: True if the state still has to be written.
        untouchable: True if a newer robustop wrote the state.
        lost: True if there was a state that could not be read.
        entering: True between the report of a fill and the stop that belongs to it.
        without_stop: True if no stop is possible, which was reported.
        bounds: How far the price can go without a decision; None if every price is decided on.
        pending_exit: An exit that was decided; None if there is none.
        due_exit: The exit that was due at the last look; None if none was.
        take_profit: Where Freqtrade takes profit; None before it was computed.
        last_recorded: What the audit last said about a partial exit that did not change anything.
        seen_orders: Identifiers of filled exit orders that were taken into account; None before the first look.
        resting_part: A first entry that was filled in part; None if there is none.
        addition_refused_in: Opening time of the candle in which an addition was last refused, in seconds; 0 if never.
        requests: Which exit was requested at the last look; None before the first look.
        price_seen: The last price that the portfolio counts; None before the first look.
        pacer_round: The round of looks in which the trade was last admitted or held back by the pacer of exits.
        leaving_in: The halt in which the trade is on its way out; 0 if it is not.
    """

    identity: TradeIdentity | None = None
    state: TradeState | None = None
    open_date: datetime | None = None
    unsaved: bool = False
    untouchable: bool = False
    lost: bool = False
    entering: bool = False
    without_stop: bool = False
    bounds: Bounds | None = None
    pending_exit: PendingExit | None = None
    due_exit: DueExit | None = None
    take_profit: TakeProfitPrice | None = None
    last_recorded: str | None = None
    seen_orders: set[str] | None = None
    resting_part: RestingPart | None = None
    addition_refused_in: float = 0.0
    requests: RequestSnapshot | None = None
    price_seen: PriceSeen | None = None
    pacer_round: int = 0
    leaving_in: int = 0

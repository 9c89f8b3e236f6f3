"""Says what a person's wish for a stop would change in each trade, and makes requests of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from robustop_plugin.audit.adjustments import Adjustment
from robustop_plugin.core.asked_stop import tightest, why_refused
from robustop_plugin.core.decision import Rule
from robustop_plugin.core.grid import round_towards_market, to_ticks
from robustop_plugin.core.side import LONG, beyond
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.engines.breakeven import net_of_percents
from robustop_plugin.operate.adjustable_trades import AdjustableTrade


class Wish(NamedTuple):
    """What a person wants.

    Attributes:
        stop: the stop, in price; None for breakeven.
        fee_percent: fees that breakeven covers, in percent of the entry.
        slippage_percent: slippage that breakeven covers, in percent of the entry.
        may_close: True if the stop may close the trade at once.
        reason: why.
        asked_by: who wants it.
    """

    stop: float | None
    fee_percent: float
    slippage_percent: float
    may_close: bool
    reason: str
    asked_by: str

    @property
    def rule(self) -> Rule:
        """The rule of the level: a person's price, or breakeven."""
        return Rule.BREAKEVEN if self.stop is None else Rule.STOP


class Plan(NamedTuple):
    """What would change in one trade.

    Attributes:
        trade: the trade.
        old_stop: the tightest stop that is in force, on its way or asked for, in price; None without one.
        new_stop: the stop that is wanted, in price, on the grid; None if it cannot be computed.
        rule: the rule of the level.
        price: the price at which the bot would close the trade now; None if unknown.
        refused: why the stop is not asked for; None if it is.
    """

    trade: AdjustableTrade
    old_stop: float | None
    new_stop: float | None
    rule: Rule
    price: float | None
    refused: str | None

    @property
    def closes(self) -> bool | None:
        """True if the stop would close the trade at the next look; None if that is unknown."""
        if self.price is None or self.new_stop is None:
            return None
        return beyond(self.trade.side, self.price, self.new_stop)

    @property
    def r(self) -> float | None:
        """The wanted stop as a multiple of the risk; None if that is unknown."""
        if self.new_stop is None or self.trade.state is None:
            return None
        position = self.trade.state.position
        measured_from = position.entry if position.risk_entry is None else position.risk_entry
        return position.side * (self.new_stop - self.trade.entry) / abs(measured_from - position.initial_stop)

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON-ready data."""
        return {
            "trade_id": self.trade.trade_id,
            "pair": self.trade.pair,
            "side": "long" if self.trade.side == LONG else "short",
            "entry": self.trade.entry,
            "price": self.price,
            "old_stop": self.old_stop,
            "new_stop": self.new_stop,
            "new_stop_r": self.r,
            "rule": str(self.rule),
            "closes": self.closes,
            "refused": self.refused,
        }


def plan(trade: AdjustableTrade, wish: Wish, pending: Iterable[Adjustment], price: float | None) -> Plan:
    """Return what a wish would change in a trade.

    Args:
        trade: the trade.
        wish: what is wanted.
        pending: requests that no bot has taken yet.
        price: the price at which the bot would close the trade now; None if unknown.
    """
    state, asked = trade.state, [one for one in pending if is_for(one, trade)]
    waiting = tightest(trade.side, *(one.stop for one in asked))
    stops = (trade.stop,) if state is None else (trade.stop, state.memory.stop, _desired(state))
    in_force = tightest(trade.side, *stops)
    old_stop = tightest(trade.side, in_force, waiting)
    if state is None or trade.why_not is not None:
        return Plan(trade, old_stop, None, wish.rule, price, trade.why_not)
    stop = _wanted(trade, state, wish)
    refused = why_refused(trade.side, stop, in_force, price, may_close=wish.may_close)
    if refused is None and why_refused(trade.side, stop, waiting, None, may_close=True):
        numbers = ", ".join(str(one.number) for one in asked)
        refused = f"{waiting:.10g} is already asked for (request {numbers}), and no bot has taken it yet"
    return Plan(trade, old_stop, stop, wish.rule, price, refused)


def request_of(planned: Plan, wish: Wish, now: float) -> Adjustment:
    """Return the request for a plan that is not refused; `now` in seconds since the epoch."""
    trade = planned.trade
    if planned.new_stop is None:
        raise ValueError(f"new_stop was None: trade {trade.trade_id} has a plan without a stop")
    return Adjustment(
        trade.trade_id,
        trade.opened_ms,
        trade.pair,
        trade.side,
        planned.new_stop,
        str(planned.rule),
        wish.may_close,
        wish.reason,
        wish.asked_by,
        now,
    )


def is_for(request: Adjustment, trade: AdjustableTrade) -> bool:
    """Return True if a request is for this trade, not for another one with the same number."""
    return request[:4] == (trade.trade_id, trade.opened_ms, trade.pair, trade.side)


def _desired(state: TradeState) -> float | None:
    return None if state.memory.level is None else state.memory.level.price


def _wanted(trade: AdjustableTrade, state: TradeState, wish: Wish) -> float:
    """Return the wanted stop, rounded towards the market as every stop."""
    grid = state.position.geometry.grid
    if wish.stop is None:
        entry = to_ticks(trade.entry, grid)
        ticks = net_of_percents(entry, trade.side, wish.fee_percent, wish.slippage_percent)
    else:
        ticks = to_ticks(wish.stop, grid)
    return round_towards_market(trade.side, ticks, grid)

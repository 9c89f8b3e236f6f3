"""Partial exits: from what is due to an order that the host accepts, and from filled orders to what was taken.

The host is asked for stake in terms of the entry's cost and truncates the amount it makes of it; it refuses an
order that would leave less than the exchange's minimum. So amounts are made here, and what is too small waits.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from freqtrade.exchange.exchange_utils import amount_to_contract_precision
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.core.decision import ExitReason, Progress, Sale
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.protections import SAME, Schedule, gain_before, is_too_small, leaves_too_little, part_of

TAG = re.compile(r"robustop(?P<portion>_portion)?(?:_(?P<multiple>\d+(?:\.\d+)?(?:e[+-]\d+)?)R)?")


class OrderRequest(NamedTuple):
    """An order that the host is asked for.

    Attributes:
        stake: negative, in terms of what the entry cost.
        tag: of the order.
    """

    stake: float
    tag: str


class TooSmall(NamedTuple):
    """A sale that is due and too small; it is made together with the next one."""

    reason: str


def may_be_due(state: TradeState, price: float, schedule: Schedule) -> bool:
    """Return whether a price is so near to the next rung, or to the virtual level, that a decision is worth it."""
    position, memory = state.position, state.memory
    side, progress = position.side, memory.progress
    if memory.virtual is not None and not progress.portion and beyond(side, price, memory.virtual):
        return True
    ticks = gain_before(progress.rungs, schedule, position.geometry.risk)
    return not tighter(side, position.entry + side * ticks * position.tick_size, price)


def tag_of(before: Progress, sale: Sale, schedule: Schedule) -> str:
    """Return the constant tag of a sale: what is taken once it is filled can be read from it."""
    portion = "_portion" if sale.progress.portion and not before.portion else ""
    rung = f"_{_written(schedule[sale.progress.rungs - 1].multiple)}R" if sale.progress.rungs > before.rungs else ""
    return f"robustop{portion}{rung}"


def _written(multiple: float) -> str:
    """Return a multiple with all its digits: read back as less, its rung would count as not taken, and sell again."""
    return repr(multiple).removesuffix(".0")


def progress_of(trade: Trade, schedule: Schedule) -> Progress:
    """Return what filled orders have taken, whoever asked for them and whenever."""
    rungs, portion = 0, False
    for _, found in tagged(trade):
        portion = portion or found["portion"] is not None
        if found["multiple"] is not None:
            rungs = max(rungs, sum(rung.multiple <= float(found["multiple"]) for rung in schedule))
    return Progress(rungs, portion)


def tagged(trade: Trade) -> Iterator[tuple[Order, re.Match[str]]]:
    """Yield the filled exits that were made for rungs or a portion, with what their tags say."""
    for order in trade.select_filled_orders(trade.exit_side):
        found = TAG.fullmatch(order.ft_order_tag or "")
        if found is not None and found.lastgroup is not None:
            yield order, found


def owed(trade: Trade) -> float:
    """Return what the last of these orders has left unsold, where it was cancelled half-way.

    An order is for all that those before it have left as well, so that they are settled with it.
    """
    orders = [order for order, _ in tagged(trade)]
    return max(0.0, orders[-1].safe_amount - orders[-1].safe_filled) if orders else 0.0


def order_request(trade: Trade, sale: Sale, tag: str, price: float, minimum: float) -> OrderRequest | TooSmall:
    """Return the order for a sale.

    Args:
        trade: the host's trade.
        sale: what is due.
        tag: of the order, unless it closes the trade.
        price: that the host would sell at.
        minimum: the smallest order that the host names, in stake currency.
    """
    entries = trade.select_filled_orders(trade.entry_side)
    original = sum(order.safe_amount_after_fee for order in entries)
    amount = _truncated(trade, part_of(trade.amount, original, sale.fraction, owed(trade)))
    if not sale.closes and is_too_small(amount, price, minimum):
        return TooSmall(f"{amount * price:g} is less than the smallest order {minimum:g}; it waits for the next rung")
    rest = trade.amount - amount
    if sale.closes or leaves_too_little(rest, _truncated(trade, rest * (1 + SAME)), price, minimum):
        return OrderRequest(-trade.stake_amount, exit_tag(ExitReason.TAKE_PROFIT))
    return OrderRequest(-_stake_for(trade, amount), tag)


def smallest_order(trade: Trade, min_stake: float | None, *, live: bool) -> float:
    """Return the smallest order that the host names, in stake currency, without leverage."""
    # Live the host has divided by the leverage; a backtest has not.
    return (min_stake or 0.0) * ((trade.leverage or 1.0) if live else 1.0)


def _stake_for(trade: Trade, amount: float) -> float:
    """Return the stake that the host turns into just this amount, although it calculates exactly and truncates."""
    return float(trade.stake_amount * amount / trade.amount * (1 + SAME))


def _truncated(trade: Trade, amount: float) -> float:
    precise = amount_to_contract_precision(amount, trade.amount_precision, trade.precision_mode, trade.contract_size)
    return float(precise)

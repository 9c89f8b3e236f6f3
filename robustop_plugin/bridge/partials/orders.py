"""Converts a due partial exit into an order that Freqtrade accepts, and filled orders back into progress.

Freqtrade takes the size of an order as a part of the entry's cost, and truncates the resulting amount. It rejects an
order that would leave less than the exchange's minimum. Amounts are therefore computed here, and an order that is too
small waits for the next one.
"""

import re
from collections.abc import Iterable, Iterator
from math import isclose
from typing import NamedTuple

from freqtrade.exchange.exchange_utils import amount_to_contract_precision
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.protections import SAME, Schedule, gain_before, is_too_small, leaves_too_little, part_of

LOT_LESS = 1e-8
"""Less than a lot, in parts of an amount, and more than what Freqtrade takes for equal: truncated, it is a lot less."""
MOST_LESS = 0.01
"""How much less may be sold for that, in parts of an amount: where lots are larger, the part is what it should be."""
TAG = re.compile(r"robustop(?P<portion>_portion)?(?:_(?P<multiple>\d+(?:\.\d+)?(?:e[+-]\d+)?)R)?")


class OrderRequest(NamedTuple):
    """An order that Freqtrade is asked for.

    Attributes:
        stake: The sold part of the entry's cost, in stake currency; negative.
        tag: Tag of the order.
        amount: What is sold, in base currency.
    """

    stake: float
    tag: str
    amount: float


class TooSmall(NamedTuple):
    """A due sale that is too small for an order. It is made together with the next one.

    Attributes:
        reason: Why it waits, for the audit.
    """

    reason: str


def may_be_due(state: TradeState, price: float, schedule: Schedule) -> bool:
    """Return True if a price is so near to the next rung or the virtual level that a decision is needed."""
    position, memory = state.position, state.memory
    side, progress = position.side, memory.progress
    if memory.virtual is not None and not progress.portion and beyond(side, price, memory.virtual):
        return True
    ticks = gain_before(progress.rungs, schedule, position.geometry.risk)
    return not tighter(side, position.entry + side * ticks * position.tick_size, price)


def tag_of(before: Progress, sale: Sale, schedule: Schedule) -> str:
    """Return the tag of a sale. The progress can be read back from it once the order is filled."""
    portion = "_portion" if sale.progress.portion and not before.portion else ""
    rung = f"_{_written(schedule[sale.progress.rungs - 1].multiple)}R" if sale.progress.rungs > before.rungs else ""
    return f"robustop{portion}{rung}"


def _written(multiple: float) -> str:
    """Return a multiple with all digits. If it were read back smaller, its rung would be sold again."""
    return repr(multiple).removesuffix(".0")


def progress_of(trade: Trade, schedule: Schedule, found: Iterable[str] = ()) -> Progress:
    """Return the progress that the tags of all filled exit orders show, whichever process made them.

    Args:
        trade: Freqtrade's trade.
        schedule: The rungs.
        found: Tags of orders that were filled although their answers were lost.
    """
    rungs, portion = 0, False
    for match in [*(match for _, match in tagged(trade)), *filter(None, map(TAG.fullmatch, found))]:
        portion = portion or match["portion"] is not None
        if match["multiple"] is not None:
            rungs = max(rungs, sum(rung.multiple <= float(match["multiple"]) for rung in schedule))
    return Progress(rungs, portion)


def tagged(trade: Trade) -> Iterator[tuple[Order, re.Match[str]]]:
    """Yield the filled exit orders for rungs or a portion, each with the match of its tag."""
    for order in trade.select_filled_orders(trade.exit_side):
        found = TAG.fullmatch(order.ft_order_tag or "")
        if found is not None and found.lastgroup is not None:
            yield order, found


def owed(trade: Trade) -> float:
    """Return the amount that the last tagged order has left unsold; more than 0 if it was canceled partly filled.

    Each order includes what earlier orders have left unsold, so only the last one counts.
    """
    orders = [order for order, _ in tagged(trade)]
    return max(0.0, orders[-1].safe_amount - orders[-1].safe_filled) if orders else 0.0


def order_request(
    trade: Trade,
    sale: Sale,
    tag: str,
    price: float,
    minimum: float,
    stop_price: float | None = None,
    *,
    is_reloaded: bool = False,
) -> OrderRequest | TooSmall:
    """Return the order for a sale.

    Args:
        trade: Freqtrade's trade.
        sale: The due sale.
        tag: Tag of the order, unless it closes the trade.
        price: The price at which Freqtrade would sell.
        minimum: Freqtrade's smallest order, in stake currency.
        stop_price: The worst price at which a stop order for the rest would be filled; None if the bot checks the stop.
        is_reloaded: True if Freqtrade may read the trade's orders from the exchange again: a bot's trade.
    """
    entries = trade.select_filled_orders(trade.entry_side)
    original = sum(order.safe_amount_after_fee for order in entries)
    amount = _truncated(trade, part_of(trade.amount, original, sale.fraction, owed(trade)))
    if not sale.closes and is_too_small(amount, price, minimum):
        return TooSmall(f"{amount * price:g} is less than the smallest order {minimum:g}; it waits for the next rung")
    if is_reloaded and not sale.closes:
        less = unlike_the_rest(trade, amount)
        amount = amount if is_too_small(less, price, minimum) else less
    rest = trade.amount - amount
    # The exchange judges a stop order by its own price, and would refuse one that is too small.
    worst = price if stop_price is None else min(price, stop_price)
    if sale.closes or leaves_too_little(rest, _truncated(trade, rest * (1 + SAME)), worst, minimum):
        return OrderRequest(-trade.stake_amount, exit_tag(ExitReason.TAKE_PROFIT), trade.amount)
    return OrderRequest(-_stake_for(trade, amount), tag, amount)


def unlike_the_rest(trade: Trade, amount: float) -> float:
    """Return an amount to sell after which what is left equals no amount that was sold: a lot less, if that is little.

    When Freqtrade reads the orders of a trade from the exchange again, after a balance that did not suffice or at
    `/reload_trade`, it applies each exit to what is left after all of them, and closes the trade at an exit of just
    that amount. Half of a position, or a quarter after that half, would be left without a trade, and with no stop.
    """
    sold = [order.safe_amount_after_fee for order in trade.select_filled_orders(trade.exit_side)]
    less = amount
    for _ in range(len(sold) + 2):
        rest = _truncated(trade, (trade.amount - less) * (1 + SAME))
        if not any(isclose(rest, other) for other in [*sold, less]):
            break
        less = _truncated(trade, less * (1 - LOT_LESS))
    return less if less >= amount * (1 - MOST_LESS) else amount


def smallest_order(trade: Trade, min_stake: float | None, *, live: bool) -> float:
    """Return Freqtrade's smallest order, in stake currency, without leverage."""
    # Live, Freqtrade has divided the minimum by the leverage; a backtest has not.
    return (min_stake or 0.0) * ((trade.leverage or 1.0) if live else 1.0)


def _stake_for(trade: Trade, amount: float) -> float:
    """Return the stake that Freqtrade turns into exactly this amount. It is slightly larger, as Freqtrade truncates."""
    return float(trade.stake_amount * amount / trade.amount * (1 + SAME))


def _truncated(trade: Trade, amount: float) -> float:
    precise = amount_to_contract_precision(amount, trade.amount_precision, trade.precision_mode, trade.contract_size)
    return float(precise)

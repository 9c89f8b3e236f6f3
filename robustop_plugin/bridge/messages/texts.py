"""What a bot says about a trade: each sentence names the trade, so that no two trades' messages are equal.

Freqtrade drops a message whose text it has sent in the same candle.
"""

from decimal import Decimal

from freqtrade.persistence import Trade
from freqtrade.util import fmt_coin

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import LONG
from robustop_plugin.core.trade_state import TradeState

DIGITS = 8
"""Significant digits of prices and amounts."""


def which(trade: Trade) -> str:
    """Return the words for a trade, which differ from those for any other trade."""
    return f"{trade.pair} {'short' if trade.is_short else 'long'} (trade {trade.id})"


def number(value: float | None) -> str:
    """Return a price or an amount, without an exponent."""
    return "unknown" if value is None else f"{Decimal(f'{value:.{DIGITS}g}').normalize():f}"


def in_r(state: TradeState, price: float) -> str:
    """Return a price as a multiple of the risk."""
    position = state.position
    measured_from = position.entry if position.risk_entry is None else position.risk_entry
    risk = abs(measured_from - position.initial_stop)
    return f"{position.side * (price - position.entry) / risk:+.2f}R"


def money(trade: Trade, price: float) -> str:
    """Return what a trade brings if the rest of it is closed at a price, fees and sold parts included."""
    profit = float(trade.calculate_profit(price).total_profit)
    return f"{'+' if profit >= 0 else ''}{fmt_coin(profit, trade.stake_currency or '')}"


def if_hit(trade: Trade, state: TradeState) -> str:
    """Return the words for the stop in force: where it is, and what it would bring."""
    stop = state.memory.stop
    return f"{number(stop)} ({in_r(state, stop)}); if it is hit, the trade ends at about {money(trade, stop)}"


def initial_stop(trade: Trade, state: TradeState) -> str:
    """Return the sentence about the initial stop of a new trade."""
    entry, stop = state.position.entry, state.memory.stop
    away = "below" if side_of(trade) == LONG else "above"
    percent = abs(entry - stop) / entry * 100
    place = f"{percent:.2f} % {away} the entry at {number(entry)}"
    return f"{which(trade)}: the initial stop is {if_hit(trade, state)}. It is {place}"


def adopted(trade: Trade, state: TradeState) -> str:
    """Return the sentence about a trade that was found without a state."""
    stop = if_hit(trade, state)
    return f"{which(trade)}: found without a state of robustop's, and protected from now on. The stop is {stop}"


def breakeven(trade: Trade, state: TradeState) -> str:
    """Return the sentence about a stop that has reached breakeven."""
    return f"{which(trade)}: the stop has reached breakeven. It is {if_hit(trade, state)}"


def trail(trade: Trade, state: TradeState, old_stop: float | None) -> str:
    """Return the sentence about a later move of the stop."""
    return f"{which(trade)}: the stop moves from {number(old_stop)} to {if_hit(trade, state)}"


def asked_stop(trade: Trade, state: TradeState, reason: str) -> str:
    """Return the sentence about a stop that a person asked for, which is taken."""
    level = state.memory.level
    where = number(None if level is None else level.price)
    return f"{which(trade)}: a stop at {where} is taken ({reason}). Until it moves, the stop is {if_hit(trade, state)}"


def part_asked(trade: Trade, state: TradeState, tag: str, amount: float) -> str:
    """Return the sentence about a partial exit that is asked for."""
    coins = f"{number(amount)} of {number(trade.amount)} {trade.safe_base_currency}"
    return f"{which(trade)}: {words_of(tag)} is reached, {coins} are to be sold. The stop is {if_hit(trade, state)}"


def part_sold(trade: Trade, state: TradeState, tag: str, price: float | None) -> str:
    """Return the sentence about a part that was sold."""
    at = f" at {number(price)} ({in_r(state, price)})" if price is not None and is_price(price) else ""
    realized = fmt_coin(float(trade.realized_profit or 0.0), trade.stake_currency or "")
    left = f"{number(trade.amount)} {trade.safe_base_currency} are left"
    return (
        f"{which(trade)}: {words_of(tag)} was sold{at}, {realized} are realized so far, {left}. "
        f"The stop is {if_hit(trade, state)}"
    )


def leaves(trade: Trade, state: TradeState, reason: str, price: float | None) -> str:
    """Return the sentence about an exit that was decided."""
    at = ""
    if price is not None and is_price(price):
        at = f" at about {number(price)} ({in_r(state, price)}, {money(trade, price)})"
    return f"{which(trade)}: it is closed{at}, as {reason}. The stop was {number(state.memory.stop)}"


def after_a_restart(trade: Trade, state: TradeState) -> str:
    """Return what a restarted bot says if its last messages about a trade may not have been sent."""
    return (
        f"{which(trade)}: the bot was stopped before its last messages about this trade were surely sent. "
        f"The stop is {if_hit(trade, state)}"
    )


def words_of(tag: str) -> str:
    """Return a partial exit's tag in words."""
    name = tag.removeprefix("robustop_").split(":", maxsplit=1)[0]
    return f"the part at {name}" if name[:1].isdigit() else f"the {name}" if name else "a part"

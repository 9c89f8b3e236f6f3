"""Builds the position and state of a trade from Freqtrade's: at the first fill, at later entries, at adoption."""

from dataclasses import replace
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import opened_ms, side_of
from robustop_plugin.bridge.facts.initial_stop import EntryFill, initial_stop_for
from robustop_plugin.bridge.facts.stop_ratio import tick_size_of
from robustop_plugin.core.decision import phase_of
from robustop_plugin.core.exact import at_least, decimal
from robustop_plugin.core.facts import Position, is_price
from robustop_plugin.core.initial_stop import InitialStop as Stop
from robustop_plugin.core.initial_stop import percent_away
from robustop_plugin.core.memory import NO_ENGINE_MEMORY, fresh_memory
from robustop_plugin.core.side import LONG, better, beyond, signed, tighter
from robustop_plugin.core.trade_state import Entries, TradeState
from robustop_plugin.settings import RobustopBlock


def state_at_fill(
    trade: Trade, now: datetime, candles: AnalyzedCandles, block: RobustopBlock, stoploss: float
) -> tuple[TradeState, Stop]:
    """Return the state of a trade at its first fill, and its initial stop.

    Args:
        trade: Freqtrade's trade, whose stop is still the strategy's hard stop.
        now: Time of the fill.
        candles: Source of the technical stop.
        block: The settings of the pair.
        stoploss: The strategy's hard stop, as a ratio of the margin.
    """
    position, atr, stop = _position(
        trade, trade.open_rate, now.timestamp(), now, candles, block, stoploss, in_force=trade.stop_loss
    )
    entries = Entries(len(trade.select_filled_orders(trade.entry_side)))
    return TradeState(position, fresh_memory(position, atr), opened_ms(trade), pair=trade.pair, entries=entries), stop


def state_for_adopted(
    trade: Trade, now: datetime, price: float | None, candles: AnalyzedCandles, block: RobustopBlock, stoploss: float
) -> tuple[TradeState, Stop]:
    """Return a state for a trade without one: it was opened by hand or before robustop, or its state was lost.

    The initial stop is the one that its first fill would have had. The stop in force is never loosened. It is tightened
    to the initial stop unless the price is already beyond that: robustop does not close a trade that it just adopted.

    Args:
        trade: Freqtrade's trade.
        now: The current time.
        price: The price at which the trade would be closed; None if unknown.
        candles: Source of the technical stop, as of the first fill.
        block: The settings of the pair.
        stoploss: The strategy's hard stop, as a ratio of the margin.
    """
    side, orders = side_of(trade), trade.select_filled_orders(trade.entry_side)
    position, atr, stop = _position(
        trade, first_entry(trade), entered_at(trade).timestamp(), now, candles, block, stoploss
    )
    position = with_new_entry(position, trade.open_rate, block.initial_stop.min_percent)
    in_force = trade.stop_loss if is_price(trade.stop_loss) else position.initial_stop
    if tighter(side, stop.price, in_force) and not (price is not None and beyond(side, price, stop.price)):
        in_force = position.initial_stop
    # An extreme from before a later entry does not count for the averaged position, and Freqtrade keeps no time of it.
    extreme = _price_or_none(orders[-1].safe_price if len(orders) > 1 else host_extreme(trade))
    memory = fresh_memory(position, atr)._replace(
        stop=in_force,
        best=position.entry if extreme is None else better(side, extreme, position.entry),
        phase=phase_of(position, in_force),
        published_at=now.timestamp(),
    )
    entries = Entries(len(orders), old_extreme=_price_or_none(host_extreme(trade)) if len(orders) > 1 else None)
    return TradeState(position, memory, opened_ms(trade), pair=trade.pair, entries=entries), stop


def place_initial_stop(
    trade: Trade,
    state: TradeState,
    now: datetime,
    candles: AnalyzedCandles,
    block: RobustopBlock,
    stoploss: float,
    *,
    anew: bool,
) -> Stop:
    """Set the initial stop that the first fill should have had. The stop in force is never loosened.

    Args:
        trade: Freqtrade's trade.
        state: The state, changed in place.
        now: The current time.
        candles: Source of the technical stop.
        block: The settings of the pair.
        stoploss: The strategy's hard stop, as a ratio of the margin.
        anew: True if the first fill went on: the best price restarts at the entry, and engine memory is cleared.
    """
    memory = state.memory
    # Until there is a later entry, everything filled is the first fill.
    entry = trade.open_rate if state.entries.old_extreme is None else first_entry(trade)
    position, atr, stop = _position(trade, entry, state.position.opened_at, now, candles, block, stoploss)
    position = with_new_entry(position, trade.open_rate, block.initial_stop.min_percent)
    in_force = better(position.side, position.initial_stop, memory.stop)
    best = position.entry if anew else better(position.side, memory.best, position.entry)
    state.position = position
    state.memory = memory._replace(
        stop=in_force,
        best=best,
        phase=max(memory.phase, phase_of(position, in_force)),
        atr=memory.atr if atr is None else atr,
        atr_at_entry=memory.atr_at_entry if atr is None else atr,
        kept=NO_ENGINE_MEMORY if anew else memory.kept,
    )
    return stop


def average(trade: Trade, state: TradeState, fill_price: float, block: RobustopBlock) -> None:
    """Apply a later entry that moved the open rate. Prices before it do not count for the averaged position.

    The best price and engine memory restart. The stop in force and the tightest desired level stay.

    Args:
        trade: Freqtrade's trade, with its open rate after the fill.
        state: The state, changed in place.
        fill_price: Fill price of the entry.
        block: The settings of the pair.
    """
    position = with_new_entry(state.position, trade.open_rate, block.initial_stop.min_percent)
    start = fill_price if is_price(fill_price) else position.entry
    state.position = position
    state.memory = state.memory._replace(best=better(position.side, start, position.entry), kept=NO_ENGINE_MEMORY)
    state.entries = state.entries._replace(old_extreme=_price_or_none(host_extreme(trade)))


def with_new_entry(position: Position, entry: float, min_percent: float) -> Position:
    """Return the position after the open rate moved.

    `R` is then measured from the new entry to the same initial stop. If that stop is no longer on the losing side of
    the entry, or nearer to it than `min_percent`, `R` keeps its value.
    """
    if entry == position.entry or not is_price(entry):
        return position
    side, stop = position.side, decimal(position.initial_stop)
    nearest = percent_away(side, entry, min_percent)
    if tighter(side, entry, position.initial_stop) and at_least(signed(side, nearest), signed(side, stop)):
        return replace(position, entry=entry, risk_entry=None)
    measured_from = position.entry if position.risk_entry is None else position.risk_entry
    return replace(position, entry=entry, risk_entry=measured_from)


def first_entry(trade: Trade) -> float:
    """Return the price of the first filled entry order; the open rate if it is the only one."""
    orders = trade.select_filled_orders(trade.entry_side)
    price = orders[0].safe_price if len(orders) > 1 else trade.open_rate
    return float(price if is_price(price) else trade.open_rate)


def entered_at(trade: Trade) -> datetime:
    """Return the time of the first entry fill; the opening time if that is unknown."""
    filled: datetime | None = trade.date_entry_fill_utc
    opened: datetime = trade.open_date_utc
    return filled or opened


def host_extreme(trade: Trade) -> float | None:
    """Return the most favorable price that Freqtrade has seen during a trade; None if unknown."""
    extreme: float | None = trade.max_rate if side_of(trade) == LONG else trade.min_rate
    return extreme


def _position(
    trade: Trade,
    entry: float,
    opened_at: float,
    now: datetime,
    candles: AnalyzedCandles,
    block: RobustopBlock,
    stoploss: float,
    in_force: float | None = None,
) -> tuple[Position, float | None, Stop]:
    """Return the position of an entry, its ATR in price, and its initial stop."""
    side = side_of(trade)
    atr = candles.atr_at(trade.pair, block.initial_stop.period, now.timestamp())
    fill = EntryFill(trade.pair, side, entry, trade.leverage or 1.0, stoploss)
    stop = initial_stop_for(fill, trade, candles, block, atr, in_force=in_force, liquidation=trade.liquidation_price)
    tick_size = tick_size_of(trade, entry)
    return Position(side, entry, stop.price, tick_size, opened_at, *candles.at_entry(trade.pair, block)), atr, stop


def _price_or_none(value: float | None) -> float | None:
    return value if is_price(value) else None

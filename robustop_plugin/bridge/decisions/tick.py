"""Builds the tick of a decision: what is known of the market and the trade at this moment."""

from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.decisions.exact_breakeven import exact_breakeven
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.stop_in_force import is_under_water
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Tick, is_price
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock


def tick_of(
    trade: Trade,
    record: LiveTrade,
    state: TradeState,
    price: float,
    now: datetime,
    candles: AnalyzedCandles,
    block: RobustopBlock,
    requested: ExitReason | None = None,
    *,
    on_exchange: bool = False,
) -> tuple[Tick, Memory]:
    """Return the tick to decide on, and the memory to decide with.

    In that memory a candle whose close is taken is marked, and an ATR that is too old is dropped.

    Args:
        trade: Freqtrade's trade.
        record: The record of the trade.
        state: The state of the trade.
        price: The price that Freqtrade looks at.
        now: The moment.
        candles: The candles that the strategy has analyzed.
        block: The settings of the pair.
        requested: The exit that is requested from outside the engines; None if none is.
        on_exchange: True if the stop rests as an order on the exchange.
    """
    memory, at_closes, extreme, atr = state.memory, block.anchor == "candle", None, None
    if at_closes and (closed := close_of_candle(trade, state, now.timestamp(), candles)) is not None:
        extreme, memory = closed[0], memory._replace(candle=closed[1])
    if block.follows_atr:
        atr, memory = _atr(trade, memory, now, candles, block)
    costs = block.breakeven
    tick = Tick(
        time=now.timestamp(),
        price=price,
        atr=atr,
        requested_exit=requested,
        on_exchange=on_exchange,
        extreme=extreme,
        inside_candle=at_closes and extreme is None,
        breakeven=exact_breakeven(trade, record, costs.slippage_percent) if costs.mode == "exact" else None,
        publishable=not is_under_water(trade, state.position.side, price),
        candle=candles.candle(now.timestamp()),
        momentum=candles.momentum(trade.pair) if block.momentum_candles is not None else None,
    )
    return tick, memory


def _atr(
    trade: Trade, memory: Memory, now: datetime, candles: AnalyzedCandles, block: RobustopBlock
) -> tuple[float | None, Memory]:
    """Return the ATR of the last closed candle, and the memory without its own ATR if that is too old."""
    pair, period, moment = trade.pair, block.initial_stop.period, now.timestamp()
    atr = candles.atr_at(pair, period, moment)
    if atr is None and memory.atr is not None and candles.has_lost_atr(pair, period, moment):
        memory = memory._replace(atr=None)
    return atr, memory


def close_of_candle(
    trade: Trade, state: TradeState, now: float, candles: AnalyzedCandles
) -> tuple[float, float] | None:
    """Return the favorable extreme of what has closed since the last close that was taken; None if nothing has.

    Args:
        trade: Freqtrade's trade.
        state: The state of the trade.
        now: Seconds since the epoch.
        candles: The candles that the strategy has analyzed.

    Returns:
        In price, and the opening time of the last closed candle, in seconds since the epoch.
    """
    position, last = state.position, state.memory.candle
    # The entry's own candle counts, so that the moment before it opened is taken.
    after = candles.candle(position.opened_at) - 1 if last is None else last
    closed = candles.closes_since(trade.pair, position.side, after, now)
    return None if closed is None or not is_price(closed[0]) else closed

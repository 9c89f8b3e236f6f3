"""From a moment of the host's to a tick of ours."""

from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.exit_requests.requests import NOTHING_REQUESTED, RequestedExits
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.position import breakeven_of
from robustop_plugin.bridge.facts.stop_in_force import is_under_water
from robustop_plugin.core.facts import Tick, is_price
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock


def tick_of(
    trade: Trade,
    state: TradeState,
    price: float,
    now: datetime,
    market: AnalyzedCandles,
    block: RobustopBlock,
    asked: RequestedExits = NOTHING_REQUESTED,
) -> Tick:
    """Return what is to be decided on.

    A candle whose close is taken is marked in the state, and an ATR that is too old to count is dropped from it.

    Args:
        trade: the host's trade.
        state: of the trade.
        price: that the host looks at.
        now: the moment.
        market: the candles.
        block: the settings of the pair.
        asked: exits that are asked for from outside the engines.
    """
    at_closes = block.anchor == "candle"
    extreme = _close_of_candle(trade, state, now, market) if at_closes else None
    costs = block.breakeven
    return Tick(
        time=now.timestamp(),
        price=price,
        atr=_atr(trade, state, now, market, block) if block.follows_atr else None,
        requested_exit=asked.first,
        extreme=extreme,
        inside_candle=at_closes and extreme is None,
        breakeven=breakeven_of(trade, costs.slippage_percent) if costs.mode == "exact" else None,
        publishable=not is_under_water(trade, state.position.side, price),
        candle=market.candle(now.timestamp()),
        momentum=market.momentum(trade.pair) if block.momentum_candles is not None else None,
    )


def _atr(trade: Trade, state: TradeState, now: datetime, market: AnalyzedCandles, block: RobustopBlock) -> float | None:
    """Return the ATR of the last closed candle; what the trade remembers of it is dropped where it is too old."""
    pair, period, moment = trade.pair, block.initial_stop.period, now.timestamp()
    atr = market.atr_at(pair, period, moment)
    if atr is None and state.memory.atr is not None and market.has_lost_atr(pair, period, moment):
        state.memory = state.memory._replace(atr=None)
    return atr


def _close_of_candle(trade: Trade, state: TradeState, now: datetime, market: AnalyzedCandles) -> float | None:
    """Return the favourable extreme of what has closed since the last close; the entry's candle counts."""
    position, last = state.position, state.memory.candle
    # The entry's own candle counts, so that the moment before it opened is taken.
    after = market.candle(position.opened_at) - 1 if last is None else last
    closed = market.closes_since(trade.pair, position.side, after, now.timestamp())
    if closed is None or not is_price(closed[0]):
        return None
    state.memory = state.memory._replace(candle=closed[1])
    return closed[0]

"""Trades whose stops can be adjusted, in a trade database without a bot."""

from freqtrade.persistence import Trade

from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState, to_dict
from tests.support.hand_candles import START

OPENED = int(START.timestamp() * 1000)
KEY = "robustop"


def give(trade: Trade, stop: float, level: float | None = None) -> None:
    """Give a trade that was bought at 100 a state whose initial stop is in force, and a level that waits."""
    position = Position(-1 if trade.is_short else 1, 100.0, stop, 0.01, 0.0)
    memory = fresh_memory(position)
    if level is not None:
        memory = memory._replace(level=Level(level, "hand_span", Rule.TRAIL))
    trade.set_custom_data(KEY, to_dict(TradeState(position, memory, OPENED, pair=trade.pair)))

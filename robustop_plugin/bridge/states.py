"""The state of each trade: made at the first fill, read back after a crash, or adopted."""

from dataclasses import dataclass, field
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts import adopted, opened
from robustop_plugin.bridge.market import Market
from robustop_plugin.bridge.recorder import Recorder
from robustop_plugin.bridge.store import Store
from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.initial_stop import InitialStop
from robustop_plugin.core.memory import TradeState
from robustop_plugin.settings import Settings


@dataclass
class States:
    """All the states of one strategy's trades.

    Attributes:
        settings: of the strategy.
        market: the candles.
        store: where states live.
        recorder: of how they came to be.
    """

    settings: Settings
    market: Market
    store: Store
    recorder: Recorder
    _entering: dict[int, float] = field(default_factory=dict)

    def entered(self, trade: Trade, stoploss: float) -> None:
        """Note that a trade is new: its initial stop is made when the host asks for it, right after the fill.

        Only then does the host know the liquidation price, inside which the stop has to be.
        """
        self._entering[trade.id] = stoploss

    def of(self, trade: Trade, now: datetime) -> TradeState | None:
        """Return the state of a trade, made now if there is none; None for a trade to be left alone."""
        state = self.store.get(trade)
        if state is not None or self.store.is_untouchable(trade):
            return state
        block = self.settings.for_pair(trade.pair)
        if trade.id in self._entering:
            state, stop = opened(trade, now, self.market, block, self._entering[trade.id])
            del self._entering[trade.id]
            self._begin(trade, state, now, "initial", stop)
            return state
        state, stop = adopted(trade, now, self.market, block.initial_stop)
        if self.store.has_lost(trade):
            # The numbers of the old state's records are taken.
            state.sequence = int(now.timestamp())
        self._begin(trade, state, now, "adopted", stop)
        return state

    def _begin(self, trade: Trade, state: TradeState, now: datetime, action: str, stop: InitialStop) -> None:
        """Record how a state came to be, and keep it."""
        clamps = ", ".join(stop.clamps) or None
        start = Level(stop.price, None, Rule.INITIAL)
        self.recorder.record(trade, state, now, action, price=trade.open_rate, level=start, reason=clamps)
        self.store.put(trade, state, event=True)

    def forget(self, trade: Trade) -> None:
        """Drop a trade."""
        self._entering.pop(trade.id, None)
        self.store.forget(trade)

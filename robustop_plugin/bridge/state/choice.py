"""Knows which trades robustop acts on, and which it only decides about: that is chosen once for each trade.

A trade goes on as it has begun, whatever the settings become. So a bot writes down which trades are shadowed; a trade
with a state of robustop's own is one that it acts on.
"""

import logging
from typing import Any

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.canary import acts_on
from robustop_plugin.bridge.facts.identity import identity_of
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

KEY = "robustop-shadowed"
"""The custom-data key of shadowed trades."""


class Choice:
    """Chooses the trades of one strategy that robustop acts on.

    Attributes:
        settings: The strategy's settings.
        store: Keeps the states of the trades that robustop acts on; its records hold what was chosen.
        may_act: True if robustop acts on a trade, open or to come.
        may_shadow: True if it only decides about a trade, open or to come.
    """

    def __init__(self, settings: Settings, store: Store, open_trades: list[Trade]) -> None:
        """Take the settings, the states, and a bot's open trades; a backtest has none."""
        self.settings = settings
        self.store = store
        shares = [block.canary_share for block in settings.blocks()]
        # Nothing is kept of these yet: what reads a state is not complete before the manager is built.
        chosen = [self._was_chosen(trade) for trade in open_trades if trade.amount]
        self.may_act = any(share > 0 for share in shares) or not all(chosen)
        self.may_shadow = any(share < 1 for share in shares) or any(chosen)

    def acts_always(self, pair: str | None) -> bool:
        """Return True if robustop acts on every new trade of a pair."""
        return self.settings.for_pair(pair).canary_share == 1

    def is_shadowed(self, trade: Trade) -> bool:
        """Return True if robustop only decides about a trade."""
        open_trades = self.store.open_trades
        if self.store.durable:
            open_trades.meet(trade)
        record = open_trades.of(trade)
        if record.is_shadowed is None:
            try:
                record.is_shadowed = self._choose(trade, record)
            except Exception:
                # Chosen again at the next look; until then nothing is written that would last.
                logger.exception("robustop: it could not be read whether robustop acts on trade %s", trade.id)
                return self._is_drawn(trade)
        return record.is_shadowed

    def _choose(self, trade: Trade, record: LiveTrade) -> bool:
        if not self.store.durable:
            return self._is_drawn(trade)
        shadowed = record.state is None and self._was_chosen(trade)
        if shadowed and not self._is_written(trade):
            trade.set_custom_data(KEY, {"schema": 1, "identity": list(identity_of(trade))})
        return shadowed

    @staticmethod
    def _is_written(trade: Trade) -> bool:
        """Return True if the database says that this trade is shadowed, not an earlier one of its number."""
        written: Any = trade.get_custom_data(KEY)
        return isinstance(written, dict) and written.get("identity") == list(identity_of(trade))

    def _was_chosen(self, trade: Trade) -> bool:
        """Return True if a bot's trade is shadowed: as it was written, else as the settings of now draw it."""
        if self._is_written(trade):
            return True
        state: Any = trade.get_custom_data(self.store.key)
        # A state that cannot be read is one all the same; one of another opening time is of an earlier trade.
        is_of_earlier = isinstance(state, dict) and state.get("opened_ms") not in (None, identity_of(trade).opened_ms)
        return self._is_drawn(trade) if state is None or is_of_earlier else False

    def _is_drawn(self, trade: Trade) -> bool:
        """Return True if the settings of now shadow a trade."""
        share = self.settings.for_pair(trade.pair).canary_share
        return not acts_on(share, trade.id, identity_of(trade))

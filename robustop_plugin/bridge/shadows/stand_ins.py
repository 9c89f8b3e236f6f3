"""Keeps the stand-ins of shadowed trades: in the records of the trades, and in a bot under a key of their own."""

import logging

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.identity import identity_of
from robustop_plugin.bridge.facts.shadow_trade import ShadowTrade
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.store import Store

logger = logging.getLogger(__name__)

SUFFIX = "-trade"
"""Follows the key of the states."""


class StandIns:
    """The stand-ins of one list of engines."""

    def __init__(self, store: Store) -> None:
        """Take the store of their states; the stand-ins are kept beside them."""
        self._store = store
        self._key = store.key + SUFFIX

    def of(self, trade: Trade) -> ShadowTrade | None:
        """Return the stand-in of a trade, following it; None before its first fill."""
        record = self._store.open_trades.of(trade)
        stand_in = record.stand_in
        if stand_in is not None:
            stand_in.follow(trade)
        elif self._store.durable and trade.amount:
            stand_in = self._read(trade, record)
        return stand_in

    def open_one(self, trade: Trade) -> ShadowTrade | None:
        """Return the stand-in of a trade unless it has ended."""
        stand_in = self.of(trade)
        return None if stand_in is None or stand_in.ending is not None else stand_in

    def at_entry(self, trade: Trade) -> ShadowTrade:
        """Return the stand-in at a filled entry: a new one at the first."""
        first = not self._store.durable and trade.nr_of_successful_entries <= 1
        stand_in = None if first else self.of(trade)
        return ShadowTrade(trade) if stand_in is None else stand_in

    def put(self, trade: Trade, stand_in: ShadowTrade) -> None:
        """Keep a stand-in in memory."""
        self._store.open_trades.of(trade).stand_in = stand_in

    def keep(self, trade: Trade, stand_in: ShadowTrade) -> None:
        """Write a stand-in if it has changed. What cannot be written is written at a later look."""
        record = self._store.open_trades.of(trade)
        if not self._store.durable:
            return
        data = {"schema": 1, "identity": list(identity_of(trade)), **stand_in.to_dict()}
        if data == record.stand_in_written or self._store.health.writes_failed:
            return
        try:
            trade.set_custom_data(self._key, data)
            record.stand_in_written = data
        except Exception:
            logger.exception("robustop: the shadow of trade %s was not written; a later look tries again", trade.id)

    def _read(self, trade: Trade, record: LiveTrade) -> ShadowTrade:
        """Return what an earlier process has written; a new stand-in if there is nothing, or if it is damaged."""
        stand_in, data = ShadowTrade(trade), trade.get_custom_data(self._key)
        if isinstance(data, dict) and data.get("identity") == list(identity_of(trade)):
            try:
                stand_in.restore(trade, data)
                record.stand_in_written = data
            except Exception:
                logger.exception("robustop: the shadow of trade %s is damaged and starts anew", trade.id)
                stand_in = ShadowTrade(trade)
        record.stand_in = stand_in
        return stand_in

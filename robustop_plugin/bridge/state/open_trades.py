"""All open trades, one record each: the only place where something is kept under the number of a trade."""

from collections.abc import Iterator

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.identity import identity_of
from robustop_plugin.bridge.state.live_trade import LiveTrade


class OpenTrades:
    """The records of one strategy's open trades, by the numbers of the trades."""

    def __init__(self) -> None:
        """Start with no trade."""
        self._records: dict[int, LiveTrade] = {}

    def __iter__(self) -> Iterator[tuple[int, LiveTrade]]:
        """Iterate over numbers and records."""
        return iter(list(self._records.items()))

    def of(self, trade: Trade) -> LiveTrade:
        """Return the record of a trade, a new one if there is none."""
        record = self._records.get(trade.id)
        if record is None:
            record = self._records[trade.id] = LiveTrade()
        return record

    def is_known(self, trade: Trade) -> bool:
        """Return True if there is a record of this very trade, not of another one that had its number."""
        record = self._records.get(trade.id)
        return record is not None and record.identity in (None, identity_of(trade))

    def meet(self, trade: Trade) -> None:
        """Take a trade that Freqtrade asks about: if its number was another trade's, that one is forgotten."""
        identity, record = identity_of(trade), self.of(trade)
        if record.identity not in (None, identity):
            self.forget(trade.id)
            record = self.of(trade)
        record.identity = identity

    def forget(self, trade_id: int) -> None:
        """Forget everything about a trade."""
        self._records.pop(trade_id, None)

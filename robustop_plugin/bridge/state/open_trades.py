"""The records of all open trades, by trade number: the only place that keeps data about a trade."""

from collections.abc import Iterator

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.identity import identity_of
from robustop_plugin.bridge.state.live_trade import LiveTrade


class OpenTrades:
    """The records of one strategy's open trades, keyed by trade number."""

    def __init__(self) -> None:
        """Start without trades."""
        self._records: dict[int, LiveTrade] = {}

    def __iter__(self) -> Iterator[tuple[int, LiveTrade]]:
        """Iterate over pairs of trade number and record."""
        return iter(list(self._records.items()))

    def of(self, trade: Trade) -> LiveTrade:
        """Return the record of a trade, created if there is none."""
        record = self._records.get(trade.id)
        if record is None:
            record = self._records[trade.id] = LiveTrade()
        return record

    def is_known(self, trade: Trade) -> bool:
        """Return True if there is a record of this trade, not of an earlier trade with the same number."""
        record = self._records.get(trade.id)
        return record is not None and record.identity in (None, identity_of(trade))

    def meet(self, trade: Trade) -> None:
        """Note the identity of a trade, and forget the record of an earlier trade with the same number."""
        record = self.of(trade)
        # Freqtrade asks many times in a loop, and the milliseconds of a date take long.
        met = trade.open_date, trade.pair, trade.is_short
        if record.met == met:
            return
        identity = identity_of(trade)
        if record.identity not in (None, identity):
            self.forget(trade.id)
            record = self.of(trade)
        record.identity, record.met = identity, met

    def take_over_faults(self, before: "OpenTrades") -> None:
        """Take over the failures of the same trades from a bot that reads its configuration again."""
        for number, record in before:
            if record.faults:
                self._records[number] = LiveTrade(identity=record.identity, faults=record.faults)

    def forget(self, trade_id: int) -> None:
        """Drop the record of a trade."""
        self._records.pop(trade_id, None)

"""A dry-run bot, driven one exit check at a time."""

from pathlib import Path
from typing import Any

from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from robustop_plugin.audit.file import AuditFile, read_audit
from tests.support.hand_candles import PAIR, Hand, at, block
from tests.support.host import Host
from tests.support.trades import in_database

KEY = "robustop"
"""The custom-data key under which Freqtrade stores a trade's state."""
WIDE = block({"kind": "percent", "percent": 10.0})
"""Settings whose initial stop is at 90 for an entry at 100, like Freqtrade's own stop."""


class Bot:
    """A strategy in a dry run, with an audit file."""

    def __init__(self, host: Host, path: Path, **over: Any) -> None:
        """Start, or restart on the same file."""
        self.path = path
        self.strategy = host.start(Hand, runmode="dry_run", **over)
        self.strategy._robustop.recorder.sink = AuditFile(path)

    def bought(self, rate: float = 99.98, **over: Any) -> Trade:
        """Return a trade whose fill was just reported to the bot, at this sell rate."""
        # Freqtrade has not checked a trade that it has just bought: its extremes are not known yet.
        trade = in_database(**{"max_rate": None, "min_rate": None, **over})
        self.fill(trade)
        self.strategy.ft_stoploss_adjust(rate, trade, at(0), rate / 100 - 1, 0, after_fill=True)
        Trade.commit()
        return trade

    def fill(self, trade: Trade, order: int = 0, candle: int = 0) -> None:
        """Report a filled order, at the time of a candle."""
        self.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[order], current_time=at(candle))

    def look(self, trade: Trade, price: float, candle: int = 1) -> list[tuple[ExitType, str]]:
        """Check exits once, and return them."""
        exits = self.strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)
        Trade.commit()
        return [(exit_.exit_type, exit_.exit_reason) for exit_ in exits]

    def records(self, *names: str) -> list[tuple[Any, ...]]:
        """Return these fields of all records so far."""
        self.strategy._robustop.recorder.flush()
        return [tuple(record[name] for name in names) for record in read_audit(self.path)]


def enters(bot: Bot, candle: int) -> bool:
    """Return whether the bot may enter."""
    return enters_now(bot.strategy, candle)


def enters_now(strategy: Any, candle: int) -> bool:
    """Return whether a strategy in a bot may enter."""
    entry = ("market", 1.0, 100.0, "GTC", at(candle), None, "long")
    return bool(strategy.confirm_trade_entry(PAIR, *entry))

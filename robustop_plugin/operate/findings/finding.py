"""A finding: what is wrong, with which trade, how bad it is, and what to do."""

from enum import StrEnum
from typing import Any, NamedTuple, Self

from robustop_plugin.operate.trade_view import TradeView


class Severity(StrEnum):
    """How bad it is: critical may cost money now, warning should be looked at, info is good to know."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Source(StrEnum):
    """What has to be read to see whether a finding is still there."""

    DATABASE = "database"
    EXCHANGE = "exchange"
    BOT = "bot"


class Finding(NamedTuple):
    """Something that is wrong, as one look has seen it.

    Attributes:
        name: what kind of finding it is.
        severity: how bad it is.
        source: what it was seen in.
        sentence: what is wrong, for a person.
        remedy: what to do.
        trade: the trade; None if it is about no trade.
        pair: the pair; None if it is about the whole bot.
        since: since when, in seconds since the epoch; None if only the looks can tell.
        patience: for how long it may be so before it counts, in seconds.
        of_what: what makes it another finding of the same kind, such as the number of an order.
    """

    name: str
    severity: Severity
    source: Source
    sentence: str
    remedy: str
    trade: TradeView | None = None
    pair: str | None = None
    since: float | None = None
    patience: float = 0.0
    of_what: tuple[Any, ...] = ()

    @property
    def identity(self) -> tuple[Any, ...]:
        """What is the same in two looks that see the same."""
        return self.name, None if self.trade is None else self.trade.identity, self.pair, *self.of_what

    def of(self, trade: TradeView) -> Self:
        """Return this as a finding about a trade."""
        return self._replace(trade=trade, pair=trade.pair)


def called(trade: TradeView) -> str:
    """Return how a sentence names a trade."""
    return f"trade {trade.number} ({trade.pair}, {trade.side_name})"


def number(value: float) -> str:
    """Return a price or an amount for a sentence."""
    return f"{value:.8g}"

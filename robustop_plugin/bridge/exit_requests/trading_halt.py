"""The latch: once it has fallen, every position is closed and no entry is made, until a person resumes."""

from dataclasses import dataclass, field

from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import ExitRequest

RESUME = "`robustop resume` lets entries in again"
NEW_EXITS_PER_ROUND = 10
"""How many positions a bot begins to close in one look at all of them.

Each exit takes some requests of the exchange, and the stops of the other positions wait meanwhile.
"""


@dataclass
class TradingHalt:
    """Why the bot does not trade on.

    Attributes:
        panic: a person's reason to close everything; None for none.
        drawdown: how far the portfolio has fallen; None where it may.
        exits: a person's requests to close one trade, by its number.
        numbers_return: the trade database gives the number of a deleted trade again, as SQLite does.
    """

    panic: str | None = None
    drawdown: str | None = None
    exits: dict[int, ExitRequest] = field(default_factory=dict)
    numbers_return: bool = True

    def asks_for(self, trade: Trade) -> bool:
        """Return whether a person has asked to close this trade, not one that had its number before."""
        request = self.exits.get(trade.id)
        if request is None or not self.numbers_return:
            # Where numbers never return, dates are not compared: those of a PostgreSQL outside UTC are shifted.
            return request is not None
        return bool(trade.open_date_utc.timestamp() <= request.asked_at)

    @property
    def has_fallen(self) -> bool:
        """Whether every position is to be closed."""
        return self.panic is not None or self.drawdown is not None

    @property
    def refusal(self) -> str | None:
        """Why an entry is refused; None where it is not."""
        if self.panic is not None:
            return f"panic ({self.panic}): {RESUME}"
        return None if self.drawdown is None else f"drawdown ({self.drawdown}): {RESUME}"


class ExitPacer:
    """Lets positions be closed a few at a time: those that are on their way out stay so."""

    def __init__(self, new_in_a_round: int = NEW_EXITS_PER_ROUND) -> None:
        """Start with none on its way."""
        self._new_in_a_round = new_in_a_round
        self._leaving: set[int] = set()
        self._round: set[int] = set()
        self._new = 0

    def lets_go(self, trade_id: int) -> bool:
        """Return whether a position may be closed now; to be asked once for each look at it."""
        if trade_id in self._round:
            # Looked at again: a new round has begun.
            self._round.clear()
            self._new = 0
        self._round.add(trade_id)
        if trade_id not in self._leaving:
            if self._new >= self._new_in_a_round:
                return False
            self._new += 1
            self._leaving.add(trade_id)
        return True

    def start_over(self) -> None:
        """Forget who was on its way."""
        self._leaving.clear()

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        self._leaving.discard(trade_id)

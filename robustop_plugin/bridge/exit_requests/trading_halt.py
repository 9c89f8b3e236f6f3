"""The trading halt: every position is closed and no entry is made, until a person resumes."""

from dataclasses import dataclass, field

from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import ExitRequest
from robustop_plugin.bridge.state.live_trade import LiveTrade

RESUME = "`robustop resume` lets entries in again"
NEW_EXITS_PER_ROUND = 10
"""How many positions a bot begins to close in one look at all of them.

Each exit takes some requests of the exchange, and the stops of the other positions wait meanwhile.
"""


@dataclass
class TradingHalt:
    """Why trading is halted.

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
    def is_active(self) -> bool:
        """True if every position is to be closed and no entry to be made."""
        return self.panic is not None or self.drawdown is not None

    @property
    def refusal(self) -> str | None:
        """Why an entry is refused; None if it is not."""
        if self.panic is not None:
            return f"panic ({self.panic}): {RESUME}"
        return None if self.drawdown is None else f"drawdown ({self.drawdown}): {RESUME}"


class ExitPacer:
    """Closes positions a few at a time; those that are on their way out stay so."""

    def __init__(self, new_in_a_round: int = NEW_EXITS_PER_ROUND) -> None:
        """Start with none on its way."""
        self._new_in_a_round = new_in_a_round
        self._halt = 1
        self._round = 1
        self._new = 0

    def admit(self, record: LiveTrade) -> bool:
        """Take one look at a position; return True if it may be closed now."""
        if record.pacer_round == self._round:
            # Looked at again: a new round has begun.
            self._round += 1
            self._new = 0
        record.pacer_round = self._round
        if record.leaving_in != self._halt:
            if self._new >= self._new_in_a_round:
                return False
            self._new += 1
            record.leaving_in = self._halt
        return True

    def start_over(self) -> None:
        """Take it that trading goes on: no position is on its way out any more."""
        self._halt += 1

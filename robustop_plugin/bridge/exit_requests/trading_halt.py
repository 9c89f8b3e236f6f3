"""The trading halt: every position is closed and every entry refused, until a person resumes trading."""

from dataclasses import dataclass, field

from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import ExitRequest
from robustop_plugin.bridge.state.live_trade import LiveTrade

RESUME = "`robustop resume` lets entries in again"
NEW_EXITS_PER_ROUND = 10
"""How many positions a bot begins to close in one round through all of them.

Each exit takes several requests to the exchange, and the stops of the other positions wait meanwhile.
"""


@dataclass
class TradingHalt:
    """Why trading is halted, and which single trades have to be closed.

    Attributes:
        panic: A person's reason to close everything; None without a panic.
        drawdown: The portfolio's drawdown in words; None if it is below the limit.
        exits: A person's requests to close one trade, by trade number.
        numbers_return: True if the trade database reuses the number of a deleted trade, as SQLite does.
    """

    panic: str | None = None
    drawdown: str | None = None
    exits: dict[int, ExitRequest] = field(default_factory=dict)
    numbers_return: bool = True

    def asks_for(self, trade: Trade) -> bool:
        """Return True if a person has asked to close this trade, not an earlier one with the same number."""
        request = self.exits.get(trade.id)
        if request is None or not self.numbers_return:
            # Without reused numbers, dates need no comparison; those of a PostgreSQL outside UTC are shifted.
            return request is not None
        return bool(trade.open_date_utc.timestamp() <= request.asked_at)

    @property
    def is_active(self) -> bool:
        """True if every position has to be closed and entries are refused."""
        return self.panic is not None or self.drawdown is not None

    @property
    def refusal(self) -> str | None:
        """Why an entry is refused; None if it is not."""
        if self.panic is not None:
            return f"panic ({self.panic}): {RESUME}"
        return None if self.drawdown is None else f"drawdown ({self.drawdown}): {RESUME}"


class ExitPacer:
    """Admits a few new exits per round. A position once admitted stays admitted during the halt."""

    def __init__(self, new_in_a_round: int = NEW_EXITS_PER_ROUND) -> None:
        """Start without admitted positions."""
        self._new_in_a_round = new_in_a_round
        self._halt = 1
        self._round = 1
        self._new = 0

    def admit(self, record: LiveTrade) -> bool:
        """Count a check of a position; return True if it may be closed now."""
        if record.pacer_round == self._round:
            # The position was checked in this round already, so a new round has begun.
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
        """End the halt: no position is admitted any longer."""
        self._halt += 1

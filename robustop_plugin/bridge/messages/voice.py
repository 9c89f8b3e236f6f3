"""Says what happens to a trade: one message for each event, and one line in the log.

Which messages were sent is remembered in the trade's state, and written with the event itself: a restart never sends
one twice. A bot that dies before its messages have left is not sure of the last ones, and says where the trade stands
when it is started again.
"""

from typing import NamedTuple, Protocol

from freqtrade.persistence import Trade

from robustop_plugin.bridge.messages import texts
from robustop_plugin.bridge.messages.log_lines import Line, log
from robustop_plugin.core.side import beyond
from robustop_plugin.core.trade_state import TradeState

GUARD, MANUAL = "robustop_stop_guard", "robustop_manual"
BOT_WIDE = ("robustop_emergency", "robustop_max_drawdown")
"""Exits of every position, about which one message is sent."""


class Notice(NamedTuple):
    """A message about a trade.

    Attributes:
        event: The name of the event, as in the setting `notify`.
        key: Names the event among those of the trade; None for one that cannot come twice.
        text: What is said.
    """

    event: str
    key: str | None
    text: str


class Sends(Protocol):
    """What sends messages."""

    def wants(self, event: str, pair: str | None = None) -> bool:
        """Return True if messages about an event are wanted."""

    def notify(self, text: str, event: str | None, pair: str | None = None) -> None:
        """Send a message if it is wanted."""


class Voice:
    """Speaks for one bot. A backtest has none."""

    def __init__(self, sends: Sends) -> None:
        """Take what sends messages."""
        self._sends = sends

    def prepare(self, trade: Trade, state: TradeState, line: Line) -> Notice | None:
        """Log an event, and return its message, which the state then knows; None if there is nothing to say.

        Args:
            trade: Freqtrade's trade.
            state: The state of the trade, which is written before the message is sent.
            line: The event.
        """
        log(trade, line)
        notice = _notice(trade, state, line)
        if notice is None or notice.key in state.told.events:
            return None
        is_wanted = self._sends.wants(notice.event, trade.pair)
        state.told = state.told.with_event(notice.key, is_sent=is_wanted)
        return notice if is_wanted else None

    def asked(self, trade: Trade, state: TradeState, tag: str, amount: float) -> Notice | None:
        """Return the message about a partial exit that is asked for, which the state then knows."""
        key = f"asked {tag}"
        log(trade, Line("asked", None, state.memory.stop, state.memory.stop, reason=tag))
        if key in state.told.events or not self._sends.wants("part_asked", trade.pair):
            return None
        state.told = state.told.with_event(key, is_sent=True)
        return Notice("part_asked", key, texts.part_asked(trade, state, tag, amount))

    def send(self, trade: Trade, notice: Notice | None) -> None:
        """Send a message that was prepared."""
        if notice is not None:
            self._sends.notify(notice.text, notice.event, trade.pair)

    def catch_up(self, trade: Trade, state: TradeState) -> None:
        """Say where a trade stands, if an earlier process was not sure that its last messages were sent."""
        if state.told.unsure and trade.is_open:
            self._sends.notify(texts.after_a_restart(trade, state), None, trade.pair)


def _notice(trade: Trade, state: TradeState, line: Line) -> Notice | None:
    """Return the message about an event; None for an event without one."""
    if line.action in ("initial", "adopted"):
        return _begun(trade, state, line)
    if line.action in ("move", "host"):
        return _moved(trade, state, line)
    if line.action == "adjusted":
        return Notice("asked_stop", None, texts.asked_stop(trade, state, line.reason or ""))
    if line.action == "reduce":
        tag = line.reason or ""
        return Notice("part_sold", None, texts.part_sold(trade, state, tag, line.price))
    if line.action == "exit" and line.reason not in BOT_WIDE:
        return _exit(trade, state, line, line.reason or "")
    return None


def _begun(trade: Trade, state: TradeState, line: Line) -> Notice:
    if line.action == "adopted":
        return Notice("initial_stop", "adopted", texts.adopted(trade, state))
    return Notice("initial_stop", f"initial {texts.number(line.new)}", texts.initial_stop(trade, state))


def _moved(trade: Trade, state: TradeState, line: Line) -> Notice | None:
    if line.new != state.memory.stop:  # of the strategy's own
        return None
    if beyond(-state.position.side, state.memory.stop, state.position.entry) and "breakeven" not in state.told.events:
        return Notice("breakeven", "breakeven", texts.breakeven(trade, state))
    return Notice("trail", None, texts.trail(trade, state, line.old))


def _exit(trade: Trade, state: TradeState, line: Line, tag: str) -> Notice:
    if tag == GUARD:
        why = "the price is beyond the stop, and no order on the exchange sells the position"
        return Notice("guard", f"exit {tag}", texts.leaves(trade, state, why, line.price))
    if tag == MANUAL:
        return Notice("emergency", f"exit {tag}", texts.leaves(trade, state, "a person asked for it", line.price))
    return Notice("exit", f"exit {tag}", texts.leaves(trade, state, f"robustop decided {tag}", line.price))

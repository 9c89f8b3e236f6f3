"""Watches bot and exchange during a rehearsal: each look adds what is new to the facts and to the timeline."""

import time
from collections.abc import Callable
from typing import Any

from robustop_plugin.rehearsal import words
from robustop_plugin.rehearsal.bot import Bot
from robustop_plugin.rehearsal.database import StoredTrade, stored_trades
from robustop_plugin.rehearsal.exchange import Exchange
from robustop_plugin.rehearsal.facts import BotUp, Closed, ExitRests, Fact, Fill, Loop, StopSeen
from robustop_plugin.rehearsal.folder import Folder

MILLISECONDS = 1000

Listener = Callable[[float, str], None]


class Watch:
    """Observes a rehearsal.

    Attributes:
        facts: what was observed.
        timeline: the same in words, each with its time.
        trades: the bot's trades at the last look.
        orders: the exchange's open orders at the last look, triggered stops among them.
        stops: the stop orders there that have not triggered.
        by_hand: orders that a person placed on the exchange, or the exchange itself.
        faults: the faults that calls have still to meet.
        loops: number of completed loops of the bot.
    """

    def __init__(self, bot: Bot, exchange: Exchange, folder: Folder, sign: int, listener: Listener) -> None:
        """Begin now; the sign is that of positions, and the listener hears each line of the timeline."""
        self._bot, self._exchange, self._folder, self._listener = bot, exchange, folder, listener
        self._began = time.time()
        self._seen_fills: set[int] = set()
        self._lines: dict[int, str] = {}
        self._last_loop: float | None = None
        self._exit_side = "SELL" if sign > 0 else "BUY"
        self._exits: set[str] = set()
        self._up = False
        self.facts: list[Fact] = []
        self.timeline: list[tuple[float, str]] = []
        self.trades: dict[int, StoredTrade] = {}
        self.faults: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.stops: list[dict[str, Any]] = []
        self.loops = 0
        self.by_hand: set[int] = set()

    @property
    def has_stopped(self) -> bool:
        """True once the bot has ended, or has given up trading."""
        return not self._up or self._bot.state == "stopped"

    @property
    def now(self) -> float:
        """Seconds since the rehearsal began."""
        return time.time() - self._began

    def since_began(self, milliseconds: float) -> float:
        """Return a time of the exchange, in milliseconds since the epoch, in seconds since the rehearsal began."""
        return milliseconds / MILLISECONDS - self._began

    def note(self, text: str, at: float | None = None) -> None:
        """Add a line to the timeline."""
        moment = self.now if at is None else at
        self.timeline.append((moment, text))
        self._listener(moment, text)

    def add(self, fact: Fact, text: str | None = None) -> None:
        """Add a fact, and its line to the timeline."""
        self.facts.append(fact)
        if text is not None:
            self.note(text, fact.time)

    def set_up(self, up: bool) -> None:
        """Record that the bot begins or ceases to run."""
        if up != self._up:
            self._up = up
            self.add(BotUp(self.now, up))

    def look(self) -> Any:
        """Look at bot and exchange once; return the state of the exchange."""
        if self._up and not self._bot.is_running:
            self.set_up(False)
            self.note("the bot has ended")
        self._look_at_loops()
        state = self._exchange.state()
        self.faults = state["faults"]
        self._look_at_fills(state["fills"])
        self._look_at_orders(state["orders"], state["stops"])
        self._look_at_trades()
        return state

    def _look_at_loops(self) -> None:
        if not self._up:
            return
        ended = self._bot.last_loop()
        if ended is not None and ended != self._last_loop:
            self._last_loop = ended
            self.loops += 1
            self.add(Loop(ended - self._began))

    def _look_at_fills(self, fills: list[dict[str, Any]]) -> None:
        for fill in fills:
            if fill["fill"] in self._seen_fills:
                continue
            self._seen_fills.add(fill["fill"])
            moment = self.since_began(fill["time"])
            sign = 1 if fill["side"] == "BUY" else -1
            by_hand = fill["order"] in self.by_hand
            money = (fill["price"], fill["quantity"], fill["fee"], fill["fee_currency"])
            fact = Fill(moment, fill["pair"], str(fill["order"]), sign, *money, by_hand)
            self.add(fact, words.fill(fact))

    def _look_at_orders(self, orders: list[dict[str, Any]], stops: list[dict[str, Any]]) -> None:
        """Note new and ended orders."""
        waiting = {stop["order"]: stop for stop in stops}
        # Spot stops that wait are among both.
        self.orders, self.stops = [order for order in orders if order["order"] not in waiting], stops
        resting = {order["order"]: words.resting(order) for order in self.orders}
        lines = resting | {number: words.waiting(stop) for number, stop in waiting.items()}
        for number, line in lines.items():
            if self._lines.get(number) != line:
                self.note(line)
        for number in self._lines.keys() - lines.keys():
            self.note(f"order {number} has ended")
        self._lines = lines
        self._look_at_exits()

    def _look_at_exits(self) -> None:
        """Record for which pairs a limit order rests that closes a position, or a part of it."""
        resting = {
            order["pair"] for order in self.orders if (order["type"], order["side"]) == ("LIMIT", self._exit_side)
        }
        for pair in resting ^ self._exits:
            self.add(ExitRests(self.now, pair, pair in resting))
        self._exits = resting

    def _look_at_trades(self) -> None:
        for trade in stored_trades(self._folder.database):
            before = self.trades.get(trade.number)
            self.trades[trade.number] = trade
            if trade.stop is not None and (before is None or trade.stop != before.stop):
                fact = StopSeen(self.now, trade.pair, trade.number, trade.stop)
                self.add(fact, words.stop(trade))
            if not trade.is_open and (before is None or before.is_open):
                closed = Closed(self.now, trade.pair, trade.number, trade.reason, trade.profit)
                self.add(closed, words.closed(closed))

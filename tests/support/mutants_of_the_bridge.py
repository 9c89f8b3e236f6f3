"""Planted bugs in the bridge: what each replaces."""

from collections.abc import Iterator
from typing import Any

from robustop_plugin import protections
from robustop_plugin.bridge.decisions import host_stop, tick
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.facts import stop_in_force
from robustop_plugin.bridge.partials import manager as partial_exits
from robustop_plugin.bridge.partials import orders
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decision import Progress

real_restates, real_progress, real_write, real_put = (
    stop_in_force.should_restate,
    orders.progress_of,
    Recorder._write,
    Store.put,
)


def only_the_first(trade: Any, state: Any, price: float) -> bool:
    """Restate the stop after the first fill only."""
    later = trade.nr_of_successful_entries > 1 or trade.nr_of_successful_exits
    return not later and real_restates(trade, state, price)


def all_asked(trade: Any) -> Iterator[Any]:
    """Yield every partial-exit order, filled or not."""
    for order in trade.orders:
        found = orders.TAG.fullmatch(order.ft_order_tag or "")
        if found is not None and found.lastgroup is not None:
            yield order, found


def a_tick_too_tight(trade: Any, side: int, rate: float, stop: float) -> float:
    """Return the ratio of the exact stop, which Freqtrade rounds toward the market."""
    return abs(1 - (stop + side * 0.001) / rate) * trade.leverage


def twice(self: Recorder, *args: Any) -> None:
    """Write each record twice."""
    real_write(self, *args)
    real_write(self, *args)


def unnumbered(self: Recorder, pair: str, action: str, make: Any) -> None:
    """Drop the records of moves."""
    if action != "move":
        real_write(self, pair, action, make)


def only_events(self: Store, trade: Any, state: Any, *, event: bool) -> None:
    """Write a state only at events, even where every change has to be written."""
    record = self.open_trades.of(trade)
    record.state, record.open_date = state, trade.open_date
    if event and state.memory.phase == 0:
        real_put(self, trade, state, event=True)


def short_tag(before: Progress, sale: Any, schedule: Any) -> str:
    """Return a tag with some digits lost."""
    return f"robustop_{schedule[sale.progress.rungs - 1].multiple:.3g}R" if sale.progress.rungs else "robustop_portion"


MUTANTS: dict[str, tuple[str, dict[tuple[Any, str], Any]]] = {
    "nothing is restated after a later fill": ("", {(host_stop, "should_restate"): only_the_first}),
    "the stop is restated a tick too tight": ("", {(host_stop, "stop_ratio"): a_tick_too_tight}),
    "what was asked for counts as sold": ("sales", {(orders, "tagged"): all_asked}),
    "what was not filled is not owed": ("sales", {(orders, "owed"): lambda trade: 0.0}),
    "tags lose digits": ("sales", {(partial_exits, "tag_of"): short_tag}),
    "published under water": (
        "",
        {(stop_in_force, "is_under_water"): lambda *_: False, (tick, "is_under_water"): lambda *_: False},
    ),
    "no look at the open": ("levels", {(TradeManager, "open_tick"): lambda *_: False}),
    "a crossed level is no exit": ("levels", {(TradeManager, "_note_exit"): lambda *_: None}),
    "dust is left": ("sales", {(protections, "RESERVE"): 0.0}),
    "told twice": ("", {(Recorder, "_write"): twice}),
    "moves are not told": ("", {(Recorder, "_write"): unnumbered}),
    "forgets at a restart": ("", {(Store, "put"): only_events}),
    "adopts what it knows": ("", {(TradeStates, "entry_filled"): lambda *_: None}),
}

OF_A_BACKTEST = sorted(
    set(MUTANTS) - {"forgets at a restart", "adopts what it knows", "what was not filled is not owed"}
)
OF_A_BOT = sorted(set(MUTANTS) - {"dust is left", "no look at the open", "published under water"})
"""Bugs that each state machine can find within a few seconds."""

"""Planted faults of a running bot: what each replaces, and which focus the state machine uses to find it."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

import pytest

BRIDGE = "robustop_plugin.bridge."


class Mutant(NamedTuple):
    """One planted fault.

    Attributes:
        focus: a key of `focus.FOCI`.
        place: the attribute that is replaced, below `robustop_plugin.bridge`.
        make: returns the replacement, given the original.
        too: another attribute that is replaced in the same way.
    """

    focus: str
    place: str
    make: Callable[[Any], Any]
    too: str | None = None

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Plant the fault."""
        for place in filter(None, (self.place, self.too)):
            owner, name = owner_of(place)
            monkeypatch.setattr(owner, name, self.make(getattr(owner, name, None)), raising=False)


def owner_of(place: str) -> tuple[Any, str]:
    """Return the module or class that owns an attribute, and the attribute's name."""
    module, _, path = place.partition(":")
    *classes, name = path.split(".")
    owner = import_module(BRIDGE + module)
    for part in classes:
        owner = getattr(owner, part)
    return owner, name


def adopts_what_rests(real: Any) -> Any:
    """Create a state for a resting entry."""

    def made(self: Any, trade: Any, now: Any, price: Any) -> Any:
        return self._build(trade, now, price) if not trade.amount else real(self, trade, now, price)

    return made


def not_tightened(real: Any) -> Any:
    """Keep the fallback in force when the candles arrive and want a tighter stop."""

    def placed(trade: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        before = state.memory.stop
        stop = real(trade, state, *args, **kwargs)
        state.memory = state.memory._replace(stop=before)
        return stop

    return placed


def with_the_hard_stop(real: Any) -> Any:
    """Adopt a trade with the span of Freqtrade's own initial stop."""

    def adopted(trade: Any, *args: Any) -> Any:
        state, stop = real(trade, *args)
        state.position = replace(state.position, initial_stop=trade.initial_stop_loss)
        return state, stop

    return adopted


def keeping(*names: str) -> Callable[[Any], Any]:
    """Return a fault that keeps what a purchase has to reset."""

    def make(real: Any) -> Any:
        def average(trade: Any, state: Any, *args: Any) -> None:
            before = state.memory
            real(trade, state, *args)
            state.memory = state.memory._replace(**{name: getattr(before, name) for name in names})

        return average

    return make


def again(real: Any) -> Any:
    """Reset whenever an old entry is reported again."""

    def filled(self: Any, trade: Any, order: Any, now: Any) -> None:
        real(self, trade, order, now)
        state = self.store.get(trade)
        if state is not None and trade.nr_of_successful_entries > 1:
            best = max if state.position.side > 0 else min
            state.memory = state.memory._replace(best=best(trade.open_rate, order.safe_price), kept={})

    return filled


def as_small_as_it_gets(_: Any) -> Any:
    """Measure `R` from the initial stop, however small it is."""
    return lambda position, entry, _: replace(position, entry=entry, risk_entry=None)


def at_the_price_asked_for(real: Any) -> Any:
    """Place the first stop relative to the price of the first order."""

    def state_at_fill(trade: Any, *args: Any) -> Any:
        entry, trade.open_rate = trade.open_rate, trade.open_rate_requested
        try:
            return real(trade, *args)
        finally:
            trade.open_rate = entry

    return state_at_fill


def whatever_was_seen_before(real: Any) -> Any:
    """Let a maximum from before a purchase come back with a restart."""
    return lambda side, memory, engines, extreme, _: real(side, memory, engines, extreme, None)


def never_again(_: Any) -> Any:
    """Forget what could not be written."""
    return lambda self: self.health.new_loop()


def at_once(_: Any) -> Any:
    """Try every write, even if the one before it failed."""
    return property(lambda _: False, lambda _, __: None)


def always(answer: Any) -> Callable[[Any], Any]:
    """Return a fault that always gives the same answer."""
    return lambda _: lambda *args, **kwargs: answer


MUTANTS: dict[str, Mutant] = {
    "a resting entry is adopted": Mutant("entries that rest", "state.lifecycle:TradeStates._create", adopts_what_rests),
    "the first stop is that of the price asked for": Mutant(
        "replaced", "state.lifecycle:state_at_fill", at_the_price_asked_for
    ),
    "a part rests as long as it likes": Mutant(
        "entries that rest", "entries.part_fills:PartFills.watch", always(False)
    ),
    "a number is a trade": Mutant(
        "numbers given again", "state.store:belongs_to", always(True), "state.open_trades:OpenTrades.meet"
    ),
    "candles are never late": Mutant("found at start", "state.lifecycle:TradeStates._has_no_candles", always(False)),
    "adopted with the hard stop": Mutant("adopted", "state.lifecycle:state_for_adopted", with_the_hard_stop),
    "the old best counts": Mutant("averaging", "state.lifecycle:average", keeping("best")),
    "engines remember": Mutant("trails", "state.lifecycle:average", keeping("kept")),
    "what was refused is forgotten": Mutant("database", "state.store:Store.new_loop", never_again),
    "a locked database is asked again and again": Mutant(
        "database", "state.database_health:DatabaseHealth.writes_failed", at_once
    ),
}

NOT_FOUND: dict[str, Mutant] = {
    "late candles tighten nothing": Mutant("found at start", "state.lifecycle:place_initial_stop", not_tightened),
    "each report of an entry is a new one": Mutant("averaging", "state.lifecycle:TradeStates.entry_filled", again),
    "any span is a span": Mutant("near", "facts.position:with_new_entry", as_small_as_it_gets),
    "the old maximum comes back": Mutant("restarts", "state.recovery:caught_up", whatever_was_seen_before),
}
"""Faults that the state machine does not find in 60 runs; examples find them."""

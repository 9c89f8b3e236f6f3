"""Judges each call: robustop raises nothing, loosens no stop, and makes no error of a call as Freqtrade makes it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from robustop_plugin.bridge.facts.identity import side_of
from tests.fuzz.calls import Call, Draws, seeded
from tests.fuzz.world import PlainOwnStop, World
from tests.support.host import Host

CALLS_OF_A_WORLD = 2000
WITHOUT_GRID = 1e-11


class Broken(AssertionError):
    """A call broke a law."""


@dataclass
class Seen:
    """What was seen so far.

    Attributes:
        calls: Calls by name.
        hosts_own: Errors that Freqtrade raises without robustop as well, by name of the call.
        survived: Errors of robustop that it survived, by name of the call: of values that make no sense.
        moved: Number of calls that tightened a stop: a fuzz in which nothing moves would test nothing.
        opened: Number of breakers that were opened.
    """

    calls: Counter[str] = field(default_factory=Counter)
    hosts_own: Counter[str] = field(default_factory=Counter)
    survived: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    opened: int = 0


@dataclass
class Stops:
    """The stops of a trade before a call: Freqtrade's, and robustop's in force with the trade that it belongs to.

    A deleted trade's number can be given to another one in the same second, on the other side.
    """

    hosts: float | None
    ours: float | None
    trade: tuple[float, int] | None


def play(host: Host, seed: int, number: int, calls: int, seen: Seen) -> None:
    """Make the calls of one world.

    Raises:
        Broken: A call broke a law.
    """
    world = World(host, seeded(seed, number))
    draws = Draws(world)
    try:
        for index in range(calls):
            world.calls += 1
            call = draws.call()
            try:
                judge(world, call, seen)
            except Broken as broken:
                what = f"world {number} of seed {seed}, call {index}: {call.name} {call.values}"
                raise Broken(f"{broken}\n{what}\n{world.kind.__name__} {world.over}") from broken.__cause__
    finally:
        world.end()


def judge(world: World, call: Call, seen: Seen) -> None:
    """Make a call, and judge what it did to all trades."""
    before = {id(trade): stops_of(world, trade) for trade in world.trades}
    trades, strategy, errors = list(world.trades), world.strategy, world.manager.errors.failures
    faults, answers = is_open(world, call.trade), PlainOwnStop.answers.getstate()
    try:
        call.again(strategy)
    except Exception as error:
        PlainOwnStop.answers.setstate(answers)
        if not raises_alone(world, call, error):
            raise Broken(f"{call.name} raised {error!r}") from error
        seen.hosts_own[call.name] += 1
    seen.calls[call.name] += 1
    if world.strategy is strategy and world.manager.errors.failures > errors:
        if call.sane:
            raise Broken(f"{call.name} failed inside robustop, called as Freqtrade calls it")
        seen.survived[call.name] += 1
    seen.opened += is_open(world, call.trade) and not faults
    for trade in trades:
        if trade in world.trades:
            seen.moved += is_kept(world, trade, before[id(trade)], call)


def is_open(world: World, trade: Any) -> bool:
    """Return True if a breaker of a trade is open."""
    faults = None if trade is None else world.manager.open_trades.of(trade).faults
    return any(fault.paused_until is not None for fault in (faults or {}).values())


def raises_alone(world: World, call: Call, error: Exception) -> bool:
    """Return True if Freqtrade raises the same kind of error for a strategy without robustop."""
    try:
        call.again(world.plain)
    except Exception as own:  # noqa: BLE001 (any error of Freqtrade)
        return type(own) is type(error)
    return False


def stops_of(world: World, trade: Any) -> Stops:
    """Return the stops of a trade."""
    state = world.state_of(trade)
    if state is None:
        return Stops(trade.stop_loss, None, None)
    return Stops(trade.stop_loss, state.memory.stop, (state.position.opened_at, state.position.side))


def is_kept(world: World, trade: Any, before: Stops, call: Call) -> bool:
    """Return True if Freqtrade's stop was tightened; both stops may only do that."""
    after, side = stops_of(world, trade), side_of(trade)
    moved = False
    if before.hosts and after.hosts != before.hosts:
        # A native trail at a price of 0 leaves a short trade without a stop, with robustop or without. Without a grid
        # of prices Freqtrade rounds nothing, and a stop is restated to half of its twelfth digit.
        least = 0.0 if trade.price_precision else -before.hosts * WITHOUT_GRID
        if after.hosts is None or not side * (after.hosts - before.hosts) >= least:
            raise Broken(f"Freqtrade's stop was loosened from {before.hosts} to {after.hosts}")
        moved = True
    if before.ours is not None and after.ours is not None and before.trade == after.trade:
        # A backtest that reports its entry once more begins the trade anew, as one that was cut off does.
        anew = not world.is_live and call.name in ("order_filled", "fill", "end")
        if not anew and not side * (after.ours - before.ours) >= 0:
            raise Broken(f"robustop's stop was loosened from {before.ours} to {after.ours}")
    return moved

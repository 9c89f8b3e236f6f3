"""The memory of an engine is its own type again after it is read back."""

from functools import partial

from robustop_plugin.core.engine import NO_LEVELS, Engine, view_of
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.levels import engine_memory
from robustop_plugin.engines.smart_trail import SmartTrailMemory, remember
from robustop_plugin.settings import load_settings

ENGINE = Engine("trail", lambda view, kept: NO_LEVELS, lambda view, kept: kept, fresh=SmartTrailMemory())


def test_a_plain_tuple_becomes_what_it_was() -> None:
    """A database returns a plain tuple; the engine gets its own named tuple."""
    found = engine_memory(ENGINE, {"trail": (True, 101.5, False)})
    assert (type(found), found) == (SmartTrailMemory, SmartTrailMemory(True, 101.5, False))


def test_nothing_kept_is_a_new_beginning() -> None:
    """The memory of another engine is not used."""
    assert engine_memory(ENGINE, {"other": (True,)}) == SmartTrailMemory()


def test_what_another_release_has_kept_is_a_new_beginning() -> None:
    """A tuple of another length is discarded, and does not stop the engine."""
    assert engine_memory(ENGINE, {"trail": (True, 101.5)}) == SmartTrailMemory()


def test_an_engine_that_sleeps_keeps_nothing() -> None:
    """Before activation, the memory of the percent trail is unchanged."""
    engine = load_settings({"engines": [{"name": "smart_trail"}], "partials": []}).default.step_settings().engines[0]
    view = view_of(Position(1, 100.0, 98.0, 0.01, 0.0), Tick(60.0, 100.5), 100.5, None, None)
    look = partial(remember, options=engine.offer.keywords["options"])
    assert look(view, SmartTrailMemory()) == SmartTrailMemory()


def test_a_view_is_of_the_extreme_and_its_candle() -> None:
    """If a tick is a whole candle, its favorable extreme is the price, and its opening the time."""
    tick = Tick(75.0, 100.5, extreme=101.5, candle=60.0, momentum=float("nan"))
    view = view_of(Position(1, 100.0, 98.0, 0.5, 0.0), tick, 101.5, None, None)
    assert (view.price, view.profit.high, view.candle) == (101.5, 3.0, 60.0)
    assert tick.momentum is None

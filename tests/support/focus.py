"""Which events a state machine may generate, and the values it draws for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from freqtrade.persistence import Trade
from hypothesis import strategies as st
from hypothesis.stateful import precondition

from tests.support.expected_stops import ENGINES, INITIAL_STOPS, SCHEDULES

SPANS = [0.5, 1.0, 1.5, 3.0]
FAR = st.integers(-120, 200)
NEAR = st.integers(-30, 30)


@dataclass(frozen=True)
class Focus:
    """The allowed events; the default allows all.

    Attributes:
        without: excluded rules.
        stops: kinds of the initial stop.
        engines: sets of engines.
        schedules: schedules of partial exits.
        rests: entries may rest; otherwise they fill at once.
        adjusts: positions are checked even if nothing is sold in parts.
    """

    without: frozenset[str] = field(default=frozenset())
    stops: tuple[str, ...] = tuple(INITIAL_STOPS)
    engines: tuple[str, ...] = tuple(ENGINES)
    schedules: tuple[str, ...] = tuple(SCHEDULES)
    rests: bool = True
    adjusts: bool = True


LIVES = ("enter", "fill", "patience", "loop", "aim", "buy more", "restart", "mishap")


def only(*names: str, but: tuple[str, ...] = (), **more: Any) -> Focus:
    """Return a focus on these rules without some of their mishaps; all other rules are excluded."""
    return Focus(frozenset(LIVES) - {*names} | {*but}, **more)


UNASKED = ("span", "ladder", "trail", "both", "adaptive")
FOCI = {
    "": Focus(),
    "entries that rest": only("enter", "fill", "loop", "aim", stops=("percent", "atr")),
    "numbers given again": only("enter", "loop", "mishap", rests=False, stops=("percent",), schedules=("none",)),
    "found at start": only(
        "fill", "loop", "restart", stops=("atr", "swing"), engines=UNASKED, schedules=("none",), adjusts=False
    ),
    "adopted": only(
        "enter",
        "loop",
        "aim",
        "mishap",
        but=("mishap deleted", "mishap fails", "mishap cancelled", "mishap told"),
        rests=False,
        stops=("percent", "atr"),
        schedules=("parts",),
    ),
    "averaging": only(
        "enter",
        "aim",
        "buy more",
        "mishap",
        but=("mishap deleted", "mishap lost", "mishap fails"),
        rests=False,
        engines=("span", "ladder"),
        stops=("percent",),
        schedules=("far",),
    ),
    "trails": only(
        "enter", "aim", "buy more", rests=False, engines=("trail", "both"), stops=("atr",), schedules=("none",)
    ),
    "replaced": only("enter", "fill", "patience", "loop", stops=("percent",), schedules=("none",)),
    "adaptive": only(
        "fill", "loop", "aim", "restart", stops=("percent",), engines=("adaptive",), schedules=("none",), adjusts=False
    ),
    "near": only("enter", "aim", "buy more", rests=False, stops=("swing",), engines=("span",), schedules=("none",)),
    "restarts": only(
        "enter", "aim", "buy more", "restart", rests=False, stops=("percent",), engines=("span",), schedules=("none",)
    ),
    "database": only(
        "enter",
        "loop",
        "aim",
        "mishap",
        but=("mishap deleted", "mishap lost", "mishap cancelled", "mishap told"),
        stops=("percent",),
    ),
}
"""Focus by kind of fault."""


def may(name: str, *more: Callable[[Any], bool]) -> Any:
    """Return the precondition of a rule: the focus allows it, and all of `more` hold."""
    return precondition(lambda self: name not in self.focus.without and all(condition(self) for condition in more))


def kinds(place: str) -> st.SearchStrategy[str]:
    """Draw a kind that the focus allows."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine.focus, place)))


def trades(machine: Any) -> list[Trade]:
    """Return the open trades."""
    return sorted(Trade.get_open_trades(), key=lambda trade: trade.id)


def one_of(found: list[Any], number: int) -> Any:
    """Return an element by number, modulo the length."""
    return found[number % len(found)]


class Fill(NamedTuple):
    """Fill of a resting order: up to this percentage; the rest may then be cancelled."""

    number: int
    percent: int
    ends: bool


NUMBER = st.integers(0, 3)
OFTEN = st.sampled_from([True, True, False])
FILLS = st.builds(Fill, NUMBER, st.sampled_from([40, 75, 100, 100]), st.sampled_from([False, False, True]))
MAYBE = st.none() | FILLS
AIMS = st.sampled_from(["stop", "half", "span", "two"])

"""What may happen in a life of the machine, and what is drawn for it."""

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
    """What may happen in a life; the default is everything.

    Attributes:
        without: rules that do not happen.
        stops: kinds of the initial stop.
        engines: sets of engines.
        schedules: of partial exits.
        rests: entries may rest; otherwise they are filled at once.
        adjusts: positions are looked at, also where nothing is sold in parts.
    """

    without: frozenset[str] = field(default=frozenset())
    stops: tuple[str, ...] = tuple(INITIAL_STOPS)
    engines: tuple[str, ...] = tuple(ENGINES)
    schedules: tuple[str, ...] = tuple(SCHEDULES)
    rests: bool = True
    adjusts: bool = True


LIVES = ("enter", "fill", "patience", "loop", "aim", "buy more", "restart", "mishap")


def only(*names: str, but: tuple[str, ...] = (), **more: Any) -> Focus:
    """Return a focus on these rules, but not on some of their mishaps, and on no other rule."""
    return Focus(frozenset(LIVES) - {*names} | {*but}, **more)


UNASKED = ("span", "ladder", "trail", "both", "adaptive")
FOCI = {
    "": Focus(),
    "entries that rest": only("enter", "fill", "loop", "aim", stops=("percent", "atr")),
    "numbers given again": only("enter", "loop", "mishap", rests=False, stops=("percent",), schedules=("none",)),
    "found at start": only(
        "fill", "loop", "restart", stops=("atr", "swing"), engines=UNASKED, schedules=("none",), adjusts=False
    ),
    "adopted": only("enter", "loop", "aim", "mishap", rests=False, stops=("percent", "atr"), schedules=("parts",)),
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
    "database": only("enter", "loop", "aim", "mishap", stops=("percent",)),
}
"""Where to look for one kind of fault."""


def may(name: str, *more: Callable[[Any], bool]) -> Any:
    """Return the precondition of a rule: that the focus has it, and more."""
    return precondition(lambda self: name not in self.focus.without and all(one(self) for one in more))


def kinds(place: str) -> st.SearchStrategy[str]:
    """Draw one of the kinds of the focus."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine.focus, place)))


def trades(machine: Any) -> list[Trade]:
    """Return the open trades."""
    return sorted(Trade.get_open_trades(), key=lambda trade: trade.id)


def one_of(found: list[Any], number: int) -> Any:
    """Return one of these, whatever the number."""
    return found[number % len(found)]


class Fill(NamedTuple):
    """A fill of an order that rests: up to so many percent; the rest may be cancelled then."""

    number: int
    percent: int
    ends: bool


NUMBER = st.integers(0, 3)
OFTEN = st.sampled_from([True, True, False])
FILLS = st.builds(Fill, NUMBER, st.sampled_from([40, 75, 100, 100]), st.sampled_from([False, False, True]))
MAYBE = st.none() | FILLS
AIMS = st.sampled_from(["stop", "half", "span", "two"])

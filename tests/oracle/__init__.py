"""An independent oracle of the whole step with every engine, in exact rationals.

It recomputes from the whole history at every tick: what an engine offers is a function of all ticks so far, and the
desired level is the tightest of everything that was ever offered and cleared. Only what happened in order is carried
along: the stops that were published and the shares that were sold. It imports nothing of the package it judges.
"""

from tests.oracle.life import Position, Seen, exact, on_grid
from tests.oracle.reading import life_of, seen_of
from tests.oracle.step import Judged, born, judge, live, steps_of
from tests.oracle.story import Story

__all__ = [
    "Judged",
    "Position",
    "Seen",
    "Story",
    "born",
    "exact",
    "judge",
    "life_of",
    "live",
    "on_grid",
    "seen_of",
    "steps_of",
]

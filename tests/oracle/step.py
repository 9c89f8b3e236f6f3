"""Step by step: what `simulate` must print, and which rules applied."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.oracle.marks import marks
from tests.oracle.reading import life_of, seen_of
from tests.oracle.story import Published, Story


class Judged(NamedTuple):
    """A step as `simulate` prints it, and the rules that applied."""

    step: dict[str, Any]
    marks: frozenset[str]


def born(case: Mapping[str, Any]) -> Story:
    """Return the life of a case before its first tick."""
    life = life_of(case)
    return Story(life, [Published(life.position.opened_at, life.position.first_stop)])


def judge(case: Mapping[str, Any]) -> Iterator[Judged]:
    """Yield every step of a case, up to and including the exit, with its rules."""
    story = born(case)
    for written in case["ticks"]:
        before = story.stops[-1]
        step = live(story, written)
        yield Judged(step, frozenset(marks(story, before, step)))
        if step["action"] == "exit":
            return


def steps_of(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that `simulate` must print for a case."""
    story, steps = born(case), []
    for written in case["ticks"]:
        steps.append(live(story, written))
        if steps[-1]["action"] == "exit":
            break
    return steps


def live(story: Story, written: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the next tick of a life."""
    story.look(seen_of(written))
    seen, stop = story.history[-1], story.stops[-1].price
    reason, level, named, sale = story.at_once(), None, None, None
    action = "hold" if reason is None else "exit"
    if reason is None:
        level = story.desired
        if level is not None and story.life.position.gain(level.price, stop) > 0:
            if story.beyond(seen.price, level.price):
                action, reason, named = "exit", "TRAILING_STOP", level
            elif not story.is_held(level):
                action, named = "move", level
                story.stops.append(Published(seen.t, level.price))
    if reason is None:
        sale = story.due()
    if sale is not None:
        story.sales.append(sale)
        action, reason = ("exit", "TAKE_PROFIT") if story.left == 0 else ("reduce", None)
    return {
        "t": written["t"],
        "price": written["price"],
        "stop": float(story.stops[-1].price),
        "level": None if level is None else float(level.price),
        "engine": None if named is None else named.engine,
        "rule": None if named is None else named.rule,
        "phase": story.phase,
        "action": action,
        "fraction": None if sale is None else float(sale.part),
        "reason": reason,
    }

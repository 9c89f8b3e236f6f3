"""The rules that applied in a step, by name: proof of what a case covers."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.life import History, Level, Offer
from tests.oracle.story import Published, Story


def marks(story: Story, before: Published, step: Mapping[str, Any]) -> Iterator[str]:
    """Name the rules that applied in the last step of a story; `before` is the stop in force before it."""
    yield " ".join(filter(None, (step["action"], step["engine"], step["rule"], step["reason"])))
    yield f"phase {step['phase']}"
    position, history, named = story.life.position, story.history, {}
    for engine in story.life.engines:
        named |= {f"{engine.name} {rule}": due for rule, due in engine.marks(position, history).items()}
    named |= {
        "entry off the grid": (position.entry / position.tick_size).denominator > 1,
        "two ticks at the same time": len(history) > 1 and history[-1].t == history[-2].t,
        "stop at the entry": story.stops[-1].price == position.entry,
    }
    if step["action"] == "exit" and step["level"] is None and step["fraction"] is None:
        named |= _at_once(story, before)
    else:
        named |= _levels(story, before, step)
        named |= _gate(story, before, step)
        named |= _sales(story, before, step)
    yield from (name for name, due in named.items() if due)


def _at_once(story: Story, before: Published) -> dict[str, bool]:
    """Name what rules 1 to 4 did, and which of several came first."""
    now, position, time_stop = story.history[-1], story.life.position, story.life.time_stop
    targets = [engine.target(position, story.history) for engine in story.life.engines]
    reasons = {
        "stop": story.beyond(now.price, before.price),
        "council": now.council,
        "take profit": any(target is not None and position.gain(now.price, target) >= 0 for target in targets),
        "time stop": time_stop is not None and position.age(now) >= time_stop,
    }
    due = [reason for reason, is_due in reasons.items() if is_due]
    return {
        "stop hit exactly": now.price == before.price,
        "time stop at its hour": due == ["time stop"] and position.age(now) == time_stop,
        f"{due[0]} before {due[-1]}": len(due) > 1,
    }


def _waits(story: Story, history: History, engine: str, offers: list[Offer]) -> bool:
    """Return True if the best price has not cleared one of the offers."""
    return len(story.cleared(history, engine, offers)) < len(offers)


def _levels(story: Story, before: Published, step: Mapping[str, Any]) -> dict[str, bool]:
    """Name what rules 6 to 8 did."""
    position, history, engines = story.life.position, story.history, story.life.engines
    desired = story.desired or Level(before.price, "", "")
    now = [level for level in story.offered[-1] if level.price == desired.price]
    crossed = step["reason"] == "TRAILING_STOP"
    kinds = len({level.engine for level in now})
    return {
        "waits for cleared": any(
            _waits(story, history, engine.name, engine.offers(position, history)) for engine in engines
        ),
        "virtual waits for cleared": any(
            _waits(story, history, engine.name, engine.virtual(position, history)) for engine in engines
        ),
        "level of zero or less": desired.price <= 0,
        "level not tighter": bool(desired.engine) and position.gain(desired.price, before.price) <= 0,
        "remembered level": bool(desired.engine) and not now,
        "equal levels of two engines": kinds > 1,
        "equal levels of one engine": kinds < len(now),
        "the first of equal levels wins": any(level != desired for level in now),
        "crossed exactly": crossed and history[-1].price == desired.price,
        "crossed by a gap": crossed and history[-1].price != desired.price,
        "crossed a remembered level": crossed and not now,
        "crossed in spite of the gate": crossed and story.life.gate is not None,
    }


def _gate(story: Story, before: Published, step: Mapping[str, Any]) -> dict[str, bool]:
    """Name what the gate did."""
    gate, desired, position = story.life.gate, story.desired, story.life.position
    crossed = step["reason"] == "TRAILING_STOP"
    if crossed or gate is None or desired is None or position.gain(desired.price, before.price) <= 0:
        return {}
    percent = position.gain(desired.price, before.price) / before.price * 100
    rested, opened = story.history[-1].t - before.t, step["rule"] is not None
    return {
        "gate holds": not opened,
        "gate holds for its interval": not opened and percent >= gate.improvement,
        "gate holds for the improvement": not opened and rested >= gate.interval,
        "gate opens in an emergency": opened and percent >= gate.emergency,
        "gate opens after its interval": opened and percent < gate.emergency,
        "gate at its emergency": opened and percent == gate.emergency,
        "gate at its improvement": opened and percent == gate.improvement < gate.emergency,
        "gate at its interval": opened and percent < gate.emergency and rested == gate.interval,
    }


def _sales(story: Story, before: Published, step: Mapping[str, Any]) -> dict[str, bool]:
    """Name what rule 11 did."""
    if step["fraction"] is None:
        return {}
    sale, position, now = story.sales[-1], story.life.position, story.history[-1]
    rungs = story.life.rungs[story.taken - sale.rungs : story.taken]
    wanted = sum(rung.part or 0 for rung in rungs)
    wanted += sum(engine.portion or 0 for engine in story.life.engines if sale.portion)
    virtual, desired = story.tightest(story.virtual), story.desired
    held = desired is not None and position.gain(desired.price, story.stops[-1].price) > 0
    return {
        "reduce": not step["reason"],
        "exit by rungs": step["reason"] is not None and bool(rungs),
        "exit by the portion": step["reason"] is not None and not rungs,
        "portion": sale.portion,
        "portion with a rung": sale.portion and bool(rungs),
        "portion exactly at its level": sale.portion and now.price == virtual.price,
        "several rungs in one order": len(rungs) > 1,
        "rung exactly reached": any(rung.at == position.multiple(now.price) for rung in rungs),
        "rest sold": any(rung.part is None for rung in rungs),
        "nothing left without a rest": story.left == 0 and all(rung.part is not None for rung in rungs),
        "less was left than asked for": sale.part < wanted,
        "sold and moved": step["rule"] is not None,
        "sold while held back": held and story.stops[-1] is before,
    }

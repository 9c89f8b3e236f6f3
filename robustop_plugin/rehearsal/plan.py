"""What is rehearsed: scenarios, each for the markets and sides that suit it and the strategy."""

from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.catalogue import find_scenario, scenario_names
from robustop_plugin.rehearsal.scenario import Scenario, Variant
from robustop_plugin.rehearsal.subject import Subject


class Planned(NamedTuple):
    """A scenario and how to play it."""

    scenario: Scenario
    variant: Variant


def plan_of(subject: Subject, options: dict[str, Any]) -> list[Planned]:
    """Return what to play, in order.

    Args:
        subject: the strategy and its configuration.
        options: those of the command: `everything`, `scenarios`, `spot`, `side`, `stop`, `route`.

    Raises:
        InvalidSettings: A scenario is invalid, or nothing suits.
    """
    names = scenario_names() if options["everything"] else options["scenarios"]
    futures = subject.futures if options["spot"] is None else not options["spot"]
    stop = options["stop"] or subject.stop
    variants = [
        Variant(kind, stop, options["route"])
        for kind in subject.kinds(futures=futures)
        if options["side"] is None or kind.endswith(options["side"])
    ]
    found = [find_scenario(name) for name in names]
    plan = [
        Planned(scenario, variant)
        for scenario in found
        for variant in variants
        if variant.kind in scenario.kinds and variant.stop in scenario.stops
    ]
    if not plan:
        kinds = ", ".join(variant.kind for variant in variants) or f"{options['side']} with {subject.strategy}"
        raise InvalidSettings(f"no scenario of {', '.join(names)} suits {kinds} with the stop in the {stop}")
    return plan

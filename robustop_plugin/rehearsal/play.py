"""Plays the steps of a scenario: each by its event, none by the clock."""

from collections.abc import Callable
from typing import Any

from robustop_plugin.rehearsal import bot_steps, market_steps, steps, trouble, trouble_steps
from robustop_plugin.rehearsal.exchange import VenueRefused
from robustop_plugin.rehearsal.facts import Missed
from robustop_plugin.rehearsal.scenario import Scenario
from robustop_plugin.rehearsal.scene import Late, Scene
from robustop_plugin.rehearsal.steps import Step

SECONDS_TO_START = 120.0

ACTIONS: dict[type[Step], Callable[[Scene, Any], None]] = {
    steps.Enter: bot_steps.enter,
    steps.Await: bot_steps.await_event,
    steps.ForceExit: bot_steps.force_exit,
    steps.StopEntry: bot_steps.stop_entry,
    steps.ReloadConfig: bot_steps.reload_config,
    steps.ReloadTrade: bot_steps.reload_trade,
    steps.Kill: bot_steps.kill,
    steps.Start: bot_steps.start,
    steps.Panic: bot_steps.panic,
    steps.Price: market_steps.move_price,
    steps.Fill: market_steps.fill,
    steps.Cancel: market_steps.cancel,
    trouble.Fault: trouble_steps.add_fault,
    trouble.ClearFaults: trouble_steps.clear_faults,
    trouble.Trade: trouble_steps.trade,
    trouble.Funding: trouble_steps.pay_funding,
    trouble.Reduce: trouble_steps.reduce,
    trouble.Listing: trouble_steps.halt,
    trouble.Clock: trouble_steps.set_clock,
    trouble.Key: trouble_steps.set_key,
    trouble.LockDatabase: trouble_steps.lock_database,
}
"""What plays each step."""


def play(scene: Scene, scenario: Scenario) -> None:
    """Start the bot and play every step; a step that does not happen ends the play, and is a fact."""
    watch = scene.watch
    try:
        if scenario.started:
            scene.start(SECONDS_TO_START)
        for step in scenario.steps:
            scene.go_on()
            ACTIONS[type(step)](scene, step)
    except Late as error:
        watch.add(Missed(watch.now, f"{error}"), f"{error}")
    except OSError as error:
        watch.add(Missed(watch.now, f"{error}"), f"no answer: {error}")
    except VenueRefused as error:
        watch.add(Missed(watch.now, f"{error}"), f"the venue refused a step: {error}")
    watch.look()

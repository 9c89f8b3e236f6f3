"""Steps that happen to the bot: requests of a person, kills, and waiting for what it does."""

import subprocess
import sys
from typing import Any

from robustop_plugin.rehearsal import events
from robustop_plugin.rehearsal.scene import Late, Scene
from robustop_plugin.rehearsal.steps import (
    Await,
    Enter,
    ForceExit,
    Kill,
    Panic,
    ReloadConfig,
    ReloadTrade,
    Start,
    StopEntry,
)


def enter(scene: Scene, step: Enter) -> None:
    """Request an entry."""
    pair = scene.pair(step)
    price = scene.exchange.last(pair) * (1 - scene.variant.sign * step.better_percent / 100)
    body: dict[str, Any] = {"pair": pair, "side": scene.variant.side, "ordertype": step.order}
    if step.order == "limit":
        body["price"] = price
    # Until the fill, prices are counted from what was asked for.
    scene.entries[pair], scene.first_stops[pair] = price, price
    scene.watch.note(f"asked for an entry into {pair} ({scene.variant.side}, {step.order})")
    scene.asked += scene.call("/forceenter", body, refused=step.refused)


def await_event(scene: Scene, step: Await) -> None:
    """Wait for an event."""
    pair = scene.pair(step)
    if step.event == "loops":
        scene.wait_for_loops(step.loops, step.within)
        return
    see = events.EVENTS[step.event]
    what = f"{pair}: {events.NAMES[step.event].format(order=step.order)}"
    scene.eventually(lambda: see(scene.watch, scene.variant, pair, step.order), what, step.within)
    trade = events.stopped_trade(scene.watch, pair)
    if step.event == "filled" and trade is not None and trade.stop is not None:
        scene.entries[pair], scene.first_stops[pair] = trade.entry, trade.stop


def force_exit(scene: Scene, step: ForceExit) -> None:
    """Request an exit."""
    pair = scene.pair(step)
    trade = events.trade_of(scene.watch, pair)
    if trade is None:
        raise Late(f"{pair} has no open trade that could be closed")
    body: dict[str, Any] = {"tradeid": str(trade.number), "ordertype": step.order}
    if step.fraction < 1:
        body["amount"] = trade.amount * step.fraction
    if step.order == "limit":
        body["price"] = scene.exchange.last(pair) * (1 + scene.variant.sign * step.better_percent / 100)
    scene.watch.note(f"asked for an exit of {pair} ({step.order})")
    scene.call("/forceexit", body)


def stop_entry(scene: Scene, _: StopEntry) -> None:
    """Ask for no further entries."""
    scene.watch.note("asked for no further entries")
    scene.call("/stopentry")


def reload_config(scene: Scene, step: ReloadConfig) -> None:
    """Change the configuration and have it read again."""
    scene.folder.change_config(step.config)
    scene.watch.note("asked to read the changed configuration")
    scene.call("/reload_config")
    scene.eventually(lambda: scene.bot.state == "running", "the reload", step.within)
    scene.wait_for_loops(2, step.within)


def reload_trade(scene: Scene, step: ReloadTrade) -> None:
    """Have the orders of a trade read from the exchange again."""
    pair = scene.pair(step)
    trade = events.trade_of(scene.watch, pair)
    if trade is None:
        raise Late(f"{pair} has no open trade that could be read again")
    scene.watch.note(f"asked to read the orders of trade {trade.number} from the exchange again")
    scene.call(f"/trades/{trade.number}/reload")


def kill(scene: Scene, _: Kill) -> None:
    """Kill the bot."""
    scene.bot.kill()
    scene.watch.set_up(False)
    scene.watch.note("the bot is killed (kill -9)")


def start(scene: Scene, step: Start) -> None:
    """Start the bot again."""
    if step.fails:
        scene.fail_to_start(step.within)
    else:
        scene.start(step.within)


def panic(scene: Scene, step: Panic) -> None:
    """Run the command that a person would, in a process of its own."""
    name = "resume" if step.resume else "panic"
    scene.watch.note(f"a person runs `robustop {name}`")
    command = [sys.executable, "-c", "from robustop_plugin.cli.main import main; main()", name, "--yes"]
    command += ["--db-url", f"sqlite:///{scene.folder.database}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=step.within, check=False)  # noqa: S603 (ours)
    except subprocess.TimeoutExpired as error:
        raise Late(f"`robustop {name}` did not end within {step.within:g} s") from error
    if done.returncode != 0:
        raise Late(f"`robustop {name}` ended with status {done.returncode}: {done.stderr.strip()}")

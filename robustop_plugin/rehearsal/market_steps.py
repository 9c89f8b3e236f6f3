"""Steps that happen on the exchange: prices, fills, and what a person does there."""

from robustop_plugin.rehearsal import events
from robustop_plugin.rehearsal.facts import Tick
from robustop_plugin.rehearsal.scene import Late, Scene
from robustop_plugin.rehearsal.steps import Cancel, Fill, Price
from robustop_plugin.rehearsal.words import number

MILLISECOND = 0.001


def move_price(scene: Scene, step: Price) -> None:
    """Trade at each price, for so many loops of the bot."""
    pair = scene.pair(step)
    for goal in step.percent or step.r or step.beyond_stop_percent:
        if step.beyond_stop_percent and events.has_closed(scene.watch, pair):
            scene.watch.note(f"the position in {pair} has ended already: there is no stop that the price could pass")
            return
        # The exchange fills orders inside the call, and rounds their times down to milliseconds.
        moment = scene.watch.now - MILLISECOND
        price = scene.exchange.move(pair, _price(scene, step, pair, goal))
        scene.watch.add(Tick(moment, pair, price), f"{pair} trades at {number(price)}")
        scene.wait_for_loops(step.loops, step.within)


def _price(scene: Scene, step: Price, pair: str, goal: float) -> float:
    sign = scene.variant.sign
    if step.beyond_stop_percent:
        trade = events.stopped_trade(scene.watch, pair)
        if trade is None or trade.stop is None:
            raise Late(f"{pair} has no stop that the price could pass")
        return trade.stop * (1 - sign * goal / 100)
    entry = scene.entries[pair]
    if step.percent:
        return entry * (1 + sign * goal / 100)
    risk = entry - scene.first_stops[pair]
    if not risk:
        raise Late(f"{pair} has no first stop yet from which `r` could be counted: await its fill before")
    return entry + goal * risk


def fill(scene: Scene, step: Fill) -> None:
    """Fill a part of a resting order."""
    order = scene.order(step)
    left = order["quantity"] - order["filled"]
    quantity = left if step.fraction == 1 else scene.exchange.rounded(order["pair"], left * step.fraction)
    scene.exchange.fill(order["order"], quantity)


def cancel(scene: Scene, step: Cancel) -> None:
    """Cancel a resting order by hand."""
    order = scene.order(step)
    scene.watch.note(f"a person cancels the {step.order} order of {order['pair']} on the exchange")
    scene.exchange.cancel(order["order"])

"""Plays what happens beside prices and the bot: faults, hands of others, halts, locks."""

from collections.abc import Mapping
from typing import Any

from robustop_plugin.rehearsal import events
from robustop_plugin.rehearsal.database import lock
from robustop_plugin.rehearsal.facts import Refusing
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.scene import Late, Scene
from robustop_plugin.rehearsal.trouble import (
    ClearFaults,
    Clock,
    Fault,
    Funding,
    Key,
    Listing,
    LockDatabase,
    Reduce,
    Trade,
)
from robustop_plugin.rehearsal.words import number
from robustop_plugin.venue.control_account import FUNDING, REDUCE, TRADE
from robustop_plugin.venue.control_faults import CLOCK, FAULT, FAULTS, KEY
from robustop_plugin.venue.control_market import LISTING

PERCENT, MILLISECONDS = 100, 1000
RECEIVE_WINDOW = 10
"""Seconds for which an order of ccxt is valid at Binance; one from more than a second ahead never is."""
SPOT = {
    "place": "POST /api/v3/order",
    "place_stop": "POST /api/v3/order",
    "cancel_stop": "DELETE /api/v3/order",
    "cancel_order": "DELETE /api/v3/order",
    "read_order": "GET /api/v3/order",
    "read_stop": "GET /api/v3/order",
    "balance": "GET /api/v3/account",
    "price": "GET /api/v3/depth",
    "candles": "GET /api/v3/klines",
}
FUTURES = {
    "place": "POST /fapi/v1/order",
    "place_stop": "POST /fapi/v1/algoOrder",
    "cancel_stop": "DELETE /fapi/v1/algoOrder",
    "cancel_order": "DELETE /fapi/v1/order",
    "read_order": "GET /fapi/v1/order",
    "read_stop": "GET /fapi/v1/algoOrder",
    "balance": "GET /fapi/v3/account",
    "price": "GET /fapi/v1/depth",
    "candles": "GET /fapi/v1/klines",
}
"""Binance's names of the calls."""


def add_fault(scene: Scene, step: Fault) -> None:
    """Let calls fail."""
    scene.watch.note(f"the next {step.count} calls to {step.call.replace('_', ' ')} meet a fault: {step.fault}")
    call, where = _call(step.call, scene.variant)
    scene.exchange.control(FAULT, {"call": call, "where": where, **_fault(step, futures=scene.variant.is_futures)})


def _call(call: str, variant: Variant) -> tuple[str, Mapping[str, str]]:
    """Return Binance's name of a call, and the parameters that it must have."""
    names = FUTURES if variant.is_futures else SPOT
    if call == "place_stop" and not variant.is_futures:
        return names[call], {"type": "STOP_LOSS_LIMIT"}
    if call not in ("place_entry", "place_exit"):
        return names[call], {}
    side = "BUY" if (call == "place_entry") == (variant.sign > 0) else "SELL"
    if call == "place_exit" and variant.stop == "exchange" and not variant.is_futures:
        # Spot stops go the same way, and exits beside them are market orders.
        return names["place"], {"side": side, "type": "MARKET"}
    return names["place"], {"side": side}


def _fault(step: Fault, *, futures: bool) -> dict[str, Any]:
    """Return a fault as the exchange takes it."""
    code = step.futures_code if futures and step.futures_code is not None else step.code
    msg = step.futures_msg if futures and step.futures_msg else step.msg
    given = {"status": step.status, "code": code, "seconds": step.seconds}
    own: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if step.fault in ("status", "code"):
        own["msg"] = msg
    return {"fault": step.fault, "when": step.when, "count": step.count, "skip": step.skip, **own}


def clear_faults(scene: Scene, _: ClearFaults) -> None:
    """Let every call pass again."""
    scene.watch.note("every call passes again")
    scene.exchange.control(FAULTS, {"clear": True})


def trade(scene: Scene, step: Trade) -> None:
    """Leave a position by hand."""
    pair = scene.pair(step)
    stored = events.trade_of(scene.watch, pair)
    if stored is None:
        raise Late(f"{pair} has no position that a person could sell")
    side = "SELL" if scene.variant.sign > 0 else "BUY"
    quantity = scene.exchange.rounded(pair, stored.amount * step.fraction)
    answer = scene.exchange.control(TRADE, {"pair": pair, "side": side, "quantity": quantity})
    scene.watch.by_hand.add(answer["order"])


def pay_funding(scene: Scene, step: Funding) -> None:
    """Pay funding."""
    pair = scene.pair(step)
    received = scene.exchange.control(FUNDING, {"pair": pair, "rate": step.rate_percent / PERCENT})["received"]
    scene.watch.note(f"funding of {pair}: {number(received)} received")


def reduce(scene: Scene, step: Reduce) -> None:
    """Have the exchange reduce a position."""
    pair = scene.pair(step)
    body: dict[str, Any] = {"pair": pair, "reason": step.reason}
    if step.fraction < 1:
        held = abs(scene.exchange.state()["positions"][pair]["amount"])
        body["quantity"] = scene.exchange.rounded(pair, held * step.fraction)
    scene.watch.note(f"the exchange reduces the position in {pair}: {step.reason}")
    scene.watch.by_hand.add(scene.exchange.control(REDUCE, body)["order"])


def halt(scene: Scene, step: Listing) -> None:
    """Halt a pair, let it trade again, or announce its end."""
    pair = scene.pair(step)
    if step.delist_in is not None:
        scene.watch.note(f"{pair} will stop trading in {number(step.delist_in)} s")
        scene.exchange.control(LISTING, {"pair": pair, "delist_in": step.delist_in})
        scene.watch.add(Refusing(scene.watch.now + step.delist_in, True, pair))
        return
    scene.watch.note(f"{pair} {'is halted' if step.halted else 'trades again'}")
    scene.exchange.control(LISTING, {"pair": pair, "halted": step.halted})
    scene.watch.add(Refusing(scene.watch.now, step.halted, pair))


def set_clock(scene: Scene, step: Clock) -> None:
    """Set the exchange's clock."""
    scene.watch.note(f"the exchange's clock is {step.ahead_seconds} s ahead")
    scene.exchange.control(CLOCK, {"ahead_ms": step.ahead_seconds * MILLISECONDS})
    scene.watch.add(Refusing(scene.watch.now, not -1 <= step.ahead_seconds <= RECEIVE_WINDOW))


def lock_database(scene: Scene, step: LockDatabase) -> None:
    """Lock the bot's trade database; the steps that follow happen meanwhile."""
    scene.watch.note(f"another program writes to the trade database for {number(step.seconds)} s")
    lock(scene.folder.database, step.seconds)


def set_key(scene: Scene, step: Key) -> None:
    """Revoke the key, or restore it."""
    scene.watch.note("the key is revoked" if step.revoked else "the key is valid again")
    scene.exchange.control(KEY, {"revoked": step.revoked})
    scene.watch.add(Refusing(scene.watch.now, step.revoked))

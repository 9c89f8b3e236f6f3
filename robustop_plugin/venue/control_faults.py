"""Control endpoints of the loopback Binance for faults, the server's clock and the API key."""

import math
from typing import Any

from robustop_plugin.venue.control_parts import instrument_of
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.fault import AFTER, BEFORE, CODE, RESET, SILENCE, SLOW, STATUS, Fault

FAULT, FAULTS = "/_control/fault", "/_control/faults"
CLOCK, KEY = "/_control/clock", "/_control/key"
LONGEST = 600.0  # seconds of silence
DEFAULT_SILENCE = 60.0  # seconds; clients give up earlier
METHODS = ("GET", "POST", "DELETE", "PUT")
OWN_KEYS = {
    STATUS: {"status", "msg"},
    CODE: {"code", "msg", "status"},
    RESET: set[str](),
    SILENCE: {"seconds"},
    SLOW: {"seconds"},
}
KEYS = {"call", "fault", "count", "skip", "when", "where", "pair"}
SHAPE = '{"call": "POST /api/v3/order", "fault": "status"|"code"|"reset"|"silence"|"slow", ...}'


def add_fault(exchange: Exchange, request: Any) -> Any:
    """Let the next calls of one name fail.

    `{"call": "POST /api/v3/order", "fault": "reset", "when": "after", "count": 1, "where": {"side": "SELL"}}`.

    Raises:
        ValueError: the request is invalid.
    """
    if not isinstance(request, dict) or not {"call", "fault"} <= set(request) or request["fault"] not in OWN_KEYS:
        raise ValueError(f"the request was {request!r}: it must be {SHAPE}")
    kind = request["fault"]
    unknown = sorted(set(request) - KEYS - OWN_KEYS[kind])
    if unknown:
        raise ValueError(f"the request has {', '.join(unknown)}: a fault {kind!r} takes {_taken(kind)}")
    where = request.get("where", {})
    if not isinstance(where, dict) or not all(isinstance(value, str) for value in where.values()):
        raise ValueError(f"where was {where!r}: it must be parameters and their values, as text")
    if "pair" in request:
        where = {**where, "symbol": instrument_of(exchange, request["pair"]).market.symbol}
    if kind == CODE and not isinstance(request.get("code"), int):
        raise ValueError(f"code was {request.get('code')!r}: it must be one of Binance's, such as -2010")
    fault = Fault(
        call=_call(request["call"]),
        kind=kind,
        count=_whole(request, "count", 1, least=1),
        skip=_whole(request, "skip", 0, least=0),
        when=_when(request.get("when", BEFORE)),
        where=where,
        status=_whole(request, "status", 400 if kind == CODE else 500, least=400),
        code=request.get("code"),
        message=f"{request.get('msg', '')}",
        seconds=_seconds(request.get("seconds", DEFAULT_SILENCE)),
    )
    exchange.faults.pending.append(fault)
    return fault.shown


def clear_faults(exchange: Exchange, request: Any) -> Any:
    """Remove all pending faults: `{"clear": true}`. Return how many there were."""
    if request != {"clear": True}:
        raise ValueError(f'the request was {request!r}: it must be {{"clear": true}}')
    removed = len(exchange.faults.pending)
    exchange.faults.pending.clear()
    return {"removed": removed}


def set_clock(exchange: Exchange, request: Any) -> Any:
    """Let the server's clock be ahead of the real one, or behind if negative: `{"ahead_ms": 20000}`."""
    if not isinstance(request, dict) or set(request) != {"ahead_ms"} or not isinstance(request["ahead_ms"], int):
        raise ValueError(f'the request was {request!r}: it must be {{"ahead_ms": milliseconds}}')
    exchange.ahead = request["ahead_ms"]
    return {"ahead_ms": exchange.ahead}


def set_key(exchange: Exchange, request: Any) -> Any:
    """Revoke the API key, or restore it: `{"revoked": true}`."""
    if not isinstance(request, dict) or set(request) != {"revoked"} or not isinstance(request["revoked"], bool):
        raise ValueError(f'the request was {request!r}: it must be {{"revoked": true}} or {{"revoked": false}}')
    exchange.key_revoked = request["revoked"]
    return {"revoked": exchange.key_revoked}


def state(exchange: Exchange) -> Any:
    """Return the pending faults and the number of calls by name."""
    return {
        "faults": [fault.shown for fault in exchange.faults.pending],
        "calls": dict(sorted(exchange.faults.calls.items())),
    }


def _call(value: Any) -> str:
    method, _, path = f"{value}".partition(" ")
    if method not in METHODS or not path.startswith("/"):
        raise ValueError(f"call was {value!r}: it must be a method and a path, as in 'POST /api/v3/order'")
    return f"{value}"


def _when(value: Any) -> str:
    if value not in (BEFORE, AFTER):
        raise ValueError(f"when was {value!r}: it must be 'before' or 'after'")
    return f"{value}"


def _whole(request: dict[str, Any], name: str, default: int, least: int) -> int:
    value = request.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} was {value!r}: it must be a whole number of at least {least}")
    return value


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= LONGEST:
        raise ValueError(f"seconds was {value!r}: it must be a number from 0 to {LONGEST:g}")
    return float(value)


def _taken(kind: str) -> str:
    return ", ".join(sorted(KEYS | OWN_KEYS[kind]))

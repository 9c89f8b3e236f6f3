"""Whether a bot still looks at its trades, as it says itself through Freqtrade's REST API."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from robustop_plugin.operate.bot_api import Answer, BotApi, ask

SECONDS = 5.0
"""How long the bot may take to answer; one that is busy with an exchange in trouble takes its time."""
WRONG_PASSWORD = "status 401"  # noqa: S105 (a status, no password)


class Pulse(StrEnum):
    """What could be learned of a bot."""

    ANSWERS = "answers"
    UNREACHABLE = "unreachable"
    REFUSES = "refuses"
    UNKNOWN = "unknown"


class Heartbeat(NamedTuple):
    """What a bot says of itself. Times are in seconds since the epoch.

    Attributes:
        pulse: what could be learned.
        looked_at: when its last loop ended; None before the first, and if unknown.
        started_at: when its process began; None if unknown.
        activity: running, stopped, paused or reload_config; None if unknown.
        order_types: the order types that it trades with; None if unknown.
        whitelist: the pairs that it trades; empty if unknown.
        detail: why it could not be learned, or what to turn on; None if it answers.
    """

    pulse: Pulse
    looked_at: float | None = None
    started_at: float | None = None
    activity: str | None = None
    order_types: Mapping[str, Any] | None = None
    whitelist: tuple[str, ...] = ()
    detail: str | None = None


NO_WAY = Heartbeat(
    Pulse.UNKNOWN,
    detail=(
        "whether the bot still looks at its trades cannot be known: set api_server.enabled in its configuration, so "
        "that it can be asked"
    ),
)


def heartbeat_of(api: BotApi | None, timeout: float = SECONDS) -> Heartbeat:
    """Return what a bot says of itself; never raises.

    Args:
        api: its REST API; None if that is switched off.
        timeout: how long it may take to answer, in seconds.
    """
    if api is None:
        return NO_WAY
    health = ask(api, "/health", timeout)
    if not isinstance(health.data, Mapping):
        return _without_answer(health, api)
    settings = _mapping(ask(api, "/show_config", timeout))
    pairs = _mapping(ask(api, "/whitelist", timeout)).get("whitelist")
    orders = settings.get("order_types")
    return Heartbeat(
        Pulse.ANSWERS,
        looked_at=_seconds(health.data.get("last_process_ts")),
        started_at=_seconds(health.data.get("bot_startup_ts")),
        activity=None if settings.get("state") is None else str(settings["state"]),
        order_types=orders if isinstance(orders, Mapping) else None,
        whitelist=tuple(map(str, pairs)) if isinstance(pairs, list) else (),
    )


def _without_answer(answer: Answer, api: BotApi) -> Heartbeat:
    error = answer.error or f"what answers at {api.address} is no bot"
    if WRONG_PASSWORD in error:
        return Heartbeat(
            Pulse.REFUSES, detail=f"{error}: see api_server.username and api_server.password in the configuration"
        )
    return Heartbeat(Pulse.UNREACHABLE, detail=error)


def _mapping(answer: Answer) -> Mapping[str, Any]:
    return answer.data if isinstance(answer.data, Mapping) else {}


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None

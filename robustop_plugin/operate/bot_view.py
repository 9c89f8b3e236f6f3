"""What a running bot says of itself: whether it still looks at its trades, and what it trades."""

from collections.abc import Mapping
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple

from robustop_plugin.operate.bot_api import BotApi, get

SECONDS = 5.0
"""How long a bot may take for each answer; one that is busy with an exchange in trouble takes its time."""
REFUSALS = ("status 401", "status 403")


class Pulse(StrEnum):
    """What could be learned of a bot."""

    ANSWERS = "answers"
    UNREACHABLE = "unreachable"
    REFUSES = "refuses"
    UNKNOWN = "unknown"


class BotView(NamedTuple):
    """What a bot says. Times are in seconds since the epoch.

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


NO_WAY = BotView(
    Pulse.UNKNOWN,
    detail=(
        "whether the bot still looks at its trades cannot be known: enable api_server in its configuration, or "
        "robustop.metrics, so that it can be asked"
    ),
)


def view_of(api: BotApi | None, timeout: float = SECONDS) -> BotView:
    """Return what a bot says of itself; never raises.

    Args:
        api: its REST API; None if that is switched off.
        timeout: how long it may take for each answer, in seconds.
    """
    if api is None:
        return NO_WAY
    connection = HTTPConnection(api.host, api.port, timeout=timeout)
    try:
        health, config, pairs = (
            _mapping(get(connection, api, path)) for path in ("/health", "/show_config", "/whitelist")
        )
    except TimeoutError:
        return BotView(Pulse.UNREACHABLE, detail=f"the bot at {api.address} did not answer within {timeout:g} s")
    except (OSError, HTTPException) as error:
        return BotView(Pulse.UNREACHABLE, detail=f"no bot answers at {api.address}: {error}")
    except ValueError as error:
        refused = any(status in str(error) for status in REFUSALS)
        return BotView(
            Pulse.REFUSES if refused else Pulse.UNREACHABLE,
            detail=f"the bot at {api.address} could not be asked: {error}",
        )
    finally:
        connection.close()
    return _view(health, config, pairs)


def _view(health: Mapping[str, Any], config: Mapping[str, Any], pairs: Mapping[str, Any]) -> BotView:
    orders, listed = config.get("order_types"), pairs.get("whitelist")
    return BotView(
        Pulse.ANSWERS,
        looked_at=_seconds(health.get("last_process_ts")),
        started_at=_seconds(health.get("bot_startup_ts")),
        activity=None if config.get("state") is None else str(config["state"]),
        order_types=orders if isinstance(orders, Mapping) else None,
        whitelist=tuple(map(str, listed)) if isinstance(listed, list) else (),
    )


def _mapping(answer: Any) -> Mapping[str, Any]:
    return answer if isinstance(answer, Mapping) else {}


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None

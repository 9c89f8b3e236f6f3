"""Asks a running bot's REST API, with a short timeout: the prices it sees, and whether it looks at its trades."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

SECONDS = 0.5
"""How long a bot may take for each answer."""
OK = 200
NO_TRADE = "no active trade"
"""What a bot answers, with an error, if it has no open trade."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (recognized, not listened on)
"""Addresses that a server listens on everywhere, and where it is on this machine."""
LEAST_SILENCE = 60.0
"""A bot that has not finished a loop for this long, in seconds, does not look at its trades."""
LOOPS_OF_SILENCE = 6
"""The same in loops of the bot's own pace; the longer time counts."""
USUAL_PACE = 5.0
"""Freqtrade's `process_throttle_secs`, in seconds."""


@dataclass(frozen=True, slots=True)
class BotApi:
    """A bot's REST API.

    Attributes:
        host: where it listens, from this machine.
        port: its port.
        user: the user name.
        password: the password.
        silence: how long the bot may take for a loop, in seconds.
    """

    host: str
    port: int
    user: str
    password: str
    silence: float = LEAST_SILENCE

    def __repr__(self) -> str:
        """Return the address, and nothing that is secret."""
        return f"BotApi({self.address})"

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Whether a bot looks at its trades.

    Attributes:
        runs: True if it does, False if it does not; None if that is not known.
        says: in a clause that follows "and" or a comma.
        looked_at: when it has finished its last loop, in seconds since the epoch; None if unknown.
    """

    runs: bool | None
    says: str
    looked_at: float | None = None

    @property
    def is_down(self) -> bool:
        """True if the bot surely does not look at its trades."""
        return self.runs is False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bot has answered.

    Attributes:
        status: its answer to `/status`, a list of open trades; None if there was none.
        heartbeat: whether it looks at its trades.
        error: why there is no answer, in one clause; None with one.
    """

    status: list[Any] | None
    heartbeat: Heartbeat
    error: str | None = None


def api_in(config: Mapping[str, Any]) -> BotApi | None:
    """Return the API that a configuration switches on; None if it does not."""
    server = config.get("api_server")
    if not isinstance(server, Mapping) or not server.get("enabled"):
        return None
    host = str(server.get("listen_ip_address", "127.0.0.1"))
    pace = (config.get("internals") or {}).get("process_throttle_secs", USUAL_PACE)
    return BotApi(
        EVERYWHERE.get(host, host),
        int(server.get("listen_port", 8080)),
        str(server.get("username", "")),
        str(server.get("password", "")),
        max(LEAST_SILENCE, LOOPS_OF_SILENCE * float(pace)),
    )


def ask_bot(api: BotApi, now: float, timeout: float = SECONDS) -> Answer:
    """Return what a bot answers, in two requests over one connection; never raises.

    Args:
        api: the API.
        now: the time, in seconds since the epoch.
        timeout: how long to wait for each answer, in seconds.
    """
    connection = HTTPConnection(api.host, api.port, timeout=timeout)
    try:
        heartbeat = _heartbeat(api, get(connection, api, "/health"), now)
        status = get(connection, api, "/status")
    except ConnectionRefusedError:
        error = f"no bot answers at {api.address}"
        return Answer(None, Heartbeat(False, error), error)
    except TimeoutError:
        error = f"the bot at {api.address} did not answer within {timeout:g} s"
        return Answer(None, Heartbeat(None, error), error)
    except (OSError, HTTPException, ValueError) as problem:
        error = f"the bot at {api.address} could not be asked: {problem}"
        return Answer(None, Heartbeat(None, error), error)
    finally:
        connection.close()
    return Answer(status if isinstance(status, list) else [], heartbeat)


def get(connection: HTTPConnection, api: BotApi, path: str) -> Any:
    """Return the answer to a request; an empty list if there is no open trade.

    Raises:
        OSError: there is no answer.
        http.client.HTTPException: it is none of a web server.
        ValueError: it is an error, or not JSON.
    """
    token = b64encode(f"{api.user}:{api.password}".encode()).decode()
    connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Basic {token}"})
    response = connection.getresponse()
    body = response.read()
    if response.status == OK:
        return json.loads(body)
    if NO_TRADE in body.decode(errors="replace"):
        return []
    why = ", see username and password of api_server" if response.status in (401, 403) else ""
    raise ValueError(f"it answered {path} with status {response.status}{why}")


def _heartbeat(api: BotApi, health: Any, now: float) -> Heartbeat:
    looked = health.get("last_process_ts") if isinstance(health, Mapping) else None
    if not isinstance(looked, int | float):
        return Heartbeat(False, f"the bot at {api.address} has not looked at its trades since it was started")
    ago = max(now - looked, 0.0)
    if ago > api.silence:
        return Heartbeat(False, f"the bot at {api.address} has not looked at its trades for {ago:.0f} s", looked)
    return Heartbeat(True, f"which looked {ago:.0f} s ago", looked)

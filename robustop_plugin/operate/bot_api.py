"""Asks a running bot's REST API, once and with a short timeout."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

SECONDS = 0.5
"""How long the bot may take to answer. It answers between two loops: while it trades, it may not answer at all."""
OK = 200
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (recognized, not listened on)
"""Addresses that a server listens on everywhere, and where it is on this machine."""


@dataclass(frozen=True, slots=True)
class BotApi:
    """A bot's REST API.

    Attributes:
        host: where it listens, from this machine.
        port: its port.
        user: the user name.
        password: the password.
    """

    host: str
    port: int
    user: str
    password: str

    def __repr__(self) -> str:
        """Return the address, and nothing that is secret."""
        return f"BotApi({self.address})"

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bot has answered.

    Attributes:
        data: the answer as it came; None if there was none.
        error: why there is none, in a few words; None with an answer.
    """

    data: Any = None
    error: str | None = None


def api_in(config: Mapping[str, Any]) -> BotApi | None:
    """Return the API that a configuration switches on; None if it does not."""
    server = config.get("api_server")
    if not isinstance(server, Mapping) or not server.get("enabled"):
        return None
    host = str(server.get("listen_ip_address", "127.0.0.1"))
    return BotApi(
        EVERYWHERE.get(host, host),
        int(server.get("listen_port", 8080)),
        str(server.get("username", "")),
        str(server.get("password", "")),
    )


def ask(api: BotApi, path: str, timeout: float = SECONDS) -> Answer:
    """Return what a bot answers to `GET /api/v1` + `path`; never raises.

    Args:
        api: the API.
        path: such as `/status`.
        timeout: how long to wait, in seconds.
    """
    token = b64encode(f"{api.user}:{api.password}".encode()).decode()
    connection = HTTPConnection(api.host, api.port, timeout=timeout)
    try:
        connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Basic {token}"})
        response = connection.getresponse()
        body = response.read()
        if response.status == OK:
            return Answer(json.loads(body))
        return Answer(error=f"the bot at {api.address} answered with status {response.status}")
    except TimeoutError:
        return Answer(error=f"the bot at {api.address} did not answer within {timeout:g} s")
    except (OSError, HTTPException) as error:
        return Answer(error=f"the bot at {api.address} cannot be reached: {error}")
    except ValueError:
        return Answer(error=f"what answers at {api.address} is no bot")
    finally:
        connection.close()

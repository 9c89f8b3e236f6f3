"""Whether a bot still looks at its trades, as robustop's metrics say it, for a bot without a REST API."""

import time
from http.client import HTTPConnection, HTTPException

from robustop_plugin.operate.bot_api import EVERYWHERE, OK
from robustop_plugin.operate.bot_view import SECONDS, BotView, Pulse

AGE = "robustop_loop_age_seconds"
"""The metric that says how long ago the last loop began."""


def view_by_metrics(host: str, port: int, timeout: float = SECONDS) -> BotView:
    """Return what the metrics of a bot say; never raises.

    Args:
        host: where they are served.
        port: its port.
        timeout: how long an answer may take, in seconds.
    """
    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=timeout)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return BotView(Pulse.UNREACHABLE, detail=f"no bot serves its metrics at {host}:{port}: {error}")
    finally:
        connection.close()
    age = age_in(text) if response.status == OK else None
    if age is None:
        return BotView(Pulse.UNREACHABLE, detail=f"what answers at {host}:{port} serves no {AGE}")
    return BotView(Pulse.ANSWERS, looked_at=time.time() - age)


def age_in(text: str) -> float | None:
    """Return the age of the last loop in metrics, in seconds; None if they do not say it."""
    for line in text.splitlines():
        name, _, value = line.strip().rpartition(" ")
        if name.partition("{")[0] == AGE:
            try:
                return float(value)
            except ValueError:
                return None
    return None

"""Requests to servers on this machine."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 60.0
"""Seconds that an answer may take."""


def ask(url: str, path: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, Any]:
    """Send a request; return status and JSON.

    Raises:
        OSError: There is no answer.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{url}{path} gave no JSON: {error}") from error
    finally:
        connection.close()

"""Trading clients for the venue: hand-signed requests, and the real ccxt with keys."""

import hashlib
import hmac
import http.client
import json
import time
import warnings
from typing import Any
from urllib.parse import urlencode, urlsplit

import ccxt
from urllib3.exceptions import InsecureRequestWarning

from robustop_plugin.venue.overlay import live, offline_overlay, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask
from tests.venue.conftest import PERPETUAL, SPOT

KEY, SECRET = "venue-key", "venue-secret"


class Trader:
    """Signs requests as Binance's API documentation describes, without the venue's code."""

    def __init__(self, url: str) -> None:
        """Connect to the venue at `url`."""
        self._host = urlsplit(url).netloc

    def __call__(self, method: str, path: str, /, **params: object) -> tuple[int, Any]:
        """Sign and send a request; return status and JSON."""
        query = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
        return self.send(method, path, f"{query}&signature={sign(query)}")

    def send(self, method: str, path: str, query: str, key: str | None = KEY) -> tuple[int, Any]:
        """Send a request with its query as given; return status and JSON."""
        connection = http.client.HTTPConnection(self._host, timeout=10)
        headers = {} if key is None else {"X-MBX-APIKEY": key}
        try:
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request(method, path, query, headers)
            else:
                connection.request(method, f"{path}?{query}", headers=headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def sign(query: str) -> str:
    """Return the HMAC signature of a query."""
    return hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()


def control(url: str, what: str, **request: object) -> Any:
    """Send a control call, which must succeed, and return its answer."""
    status, answer = ask(url, f"/_control/{what}", "POST", request)
    assert status == 200, answer
    return answer


def ccxt_of(venue: Venue, url: str, route: str, *, futures: bool) -> Any:
    """Return ccxt with keys and loaded markets, set up as Freqtrade does for live trading."""
    pairs = [PERPETUAL if futures else SPOT]
    if route == "urls":
        overlay = live(offline_overlay(url, pairs, futures=futures))
    else:
        overlay = live(proxy_overlay(str(venue.proxy_url), pairs, futures=futures))
    exchange = overlay["exchange"]
    options = {"options": {**exchange["ccxt_config"]["options"], "defaultType": "swap" if futures else "spot"}}
    config = {**exchange["ccxt_config"], **options, "apiKey": exchange["key"], "secret": exchange["secret"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        client = ccxt.binance(config)
        client.load_markets()
    return client

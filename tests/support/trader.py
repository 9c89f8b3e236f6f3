"""Trades at a venue: requests signed by hand, and the real ccxt with keys."""

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
    """Signs requests as Binance's page of the API describes it, without any code of the venue's."""

    def __init__(self, url: str) -> None:
        """Take the venue's URL."""
        self._host = urlsplit(url).netloc

    def __call__(self, method: str, path: str, /, **params: object) -> tuple[int, Any]:
        """Return status and JSON of one signed request."""
        query = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
        return self.send(method, path, f"{query}&signature={sign(query)}")

    def send(self, method: str, path: str, query: str, key: str | None = KEY) -> tuple[int, Any]:
        """Return status and JSON of a request that is signed already, or wrongly."""
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
    """Return the signature of a query."""
    return hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()


def control(url: str, what: str, **request: object) -> Any:
    """Return what a control call answers."""
    status, answer = ask(url, f"/_control/{what}", "POST", request)
    assert status == 200, answer
    return answer


def ccxt_of(venue: Venue, url: str, route: str, *, futures: bool) -> Any:
    """Return ccxt as Freqtrade sets it up for live orders."""
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
        made = ccxt.binance(config)
        made.load_markets()
    return made
